// What a partner would write: every request and every answer here is checked by the types.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

type Product = components["schemas"]["shop.catalog.v1.Product"];

const client = createClient<paths>({ baseUrl: process.argv[2] ?? "" });

function must<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`no ${what}`);
  return value;
}

const page = await client.GET("/v1/products", { params: { query: { pageSize: 2 } } });
const [first] = must(must(page.data, "page").products, "products");
const product: Product = must(first, "product");
const key = must(product.name, "name").split("/")[1] ?? "";

const made = await client.POST("/v1/products/{product}/reviews", {
  params: {
    path: { product: key },
    header: { "Idempotency-Key": "typed-client" },
  },
  body: { author: "A typed client", rating: 4, title: "Fits", body: "As told." },
});
const review = must(made.data, "review");
const id = must(review.name, "name").split("/")[3] ?? "";
const path = { product: key, review: id };

const changed = await client.PATCH("/v1/products/{product}/reviews/{review}", {
  params: { path, header: { "If-Match": made.response.headers.get("etag") ?? "" } },
  body: { rating: 5 },
});
const stale = await client.PATCH("/v1/products/{product}/reviews/{review}", {
  params: { path, header: { "If-Match": made.response.headers.get("etag") ?? "" } },
  body: { rating: 1 },
});
const refused = await client.POST("/v1/products/{product}/reviews", {
  params: { path: { product: key } },
  body: { author: "A typed client", rating: 9, title: "Too good" },
});
const gone = await client.DELETE("/v1/products/{product}/reviews/{review}", { params: { path } });

// @ts-expect-error a rating is no text
void (() => client.PATCH("/v1/products/{product}/reviews/{review}", { params: { path }, body: { rating: "5" } }));
// @ts-expect-error an author is asked for
void (() => client.POST("/v1/products/{product}/reviews", { params: { path: { product: key } }, body: { rating: 4 } }));
// @ts-expect-error there is no such path
void (() => client.GET("/v1/nothing"));

console.log(
  JSON.stringify({
    products: page.data?.products?.length,
    rating: changed.data?.rating,
    stale: [stale.response.status, stale.error?.code],
    refused: [refused.response.status, refused.error?.code],
    gone: gone.response.status,
  }),
);
