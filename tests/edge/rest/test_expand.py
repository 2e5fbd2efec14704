"""R23: joins beside an answer, with GraphQL's loading, price and partial answers."""

from dataclasses import replace

import httpx
import pytest

from edge.app import create_app
from edge.codec import Codec
from edge.config import EdgeSettings
from mesh.errors import Unavailable
from tests.edge.graphql.conftest import FakeCaller, Shop

PRODUCT = "/v1/products/p1"


@pytest.fixture(scope="module")
def codec(shop):
    return Codec(shop)


@pytest.fixture
def caller(codec):
    return FakeCaller(codec, Shop().handlers())


@pytest.fixture
async def client(shop, caller):
    app = create_app(shop, caller, EdgeSettings())
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://edge"
    ) as client:
        yield client


async def test_r23_a_join_stands_beside_the_raw_value(client, caller):
    answer = (await client.get(f"{PRODUCT}?expand=category")).json()
    assert answer["category"] == "categories/c1"
    assert answer["expanded"]["category"]["displayName"] == "C1"
    assert caller.counts == {"GetProduct": 1, "BatchGetCategories": 1}


async def test_r23_children_are_as_their_list_answers_them(client):
    answer = (await client.get(f"{PRODUCT}?expand=reviews,stocks")).json()
    reviews = answer["expanded"]["reviews"]
    assert [review["author"] for review in reviews["reviews"]] == [f"A{i}" for i in range(5)]
    assert reviews["nextPageToken"] == ""
    assert reviews["totalSize"] == 5
    assert [s["location"] for s in answer["expanded"]["stocks"]["stocks"]] == ["oslo", "rome"]


async def test_r23_a_page_is_expanded_by_one_call_for_each_join(client, caller):
    answer = (await client.get("/v1/products?page_size=10&expand=reviews,category")).json()
    assert len(answer["products"]) == 10
    assert answer["products"][3]["expanded"]["category"]["name"] == "categories/c0"
    assert len(answer["products"][3]["expanded"]["reviews"]["reviews"]) == 5
    assert caller.counts == {"ListProducts": 1, "BatchListReviews": 1, "BatchGetCategories": 1}


async def test_r23_a_path_goes_on_through_joins(client, caller):
    answer = (await client.get(f"{PRODUCT}?expand=relatedProducts.category")).json()
    first, gone = answer["expanded"]["relatedProducts"]
    assert (first["name"], gone) == ("products/p2", None)
    assert first["expanded"]["category"]["name"] == "categories/c2"
    assert caller.counts == {"GetProduct": 1, "BatchGetProducts": 1, "BatchGetCategories": 1}


async def test_r23_a_dead_join_is_null_and_says_why(client, caller):
    caller.failures["BatchListReviews"] = Unavailable("gone", retry_after_seconds=3)
    response = await client.get("/v1/products?page_size=2&expand=reviews,category")
    answer = response.json()
    assert response.status_code == 200
    assert [p["expanded"]["reviews"] for p in answer["products"]] == [None, None]
    assert answer["products"][0]["expanded"]["category"]["name"] == "categories/c0"
    (error,) = answer["expandErrors"]
    assert (error["code"], error["status"]) == ("UNAVAILABLE", 503)
    assert error["paths"] == [["products", at, "expanded", "reviews"] for at in range(2)]


async def test_r23_fields_prune_what_is_not_joined(client):
    answer = (await client.get(f"{PRODUCT}?fields=title&expand=category")).json()
    assert set(answer) == {"title", "expanded"}
    assert answer["expanded"]["category"]["displayName"] == "C1"


@pytest.mark.parametrize(
    "path", ["nothing", "title", "prices", "category.nothing", "", "category,,", ".".join("a" * 9)]
)
async def test_r23_a_path_that_leads_nowhere_is_refused(client, caller, path):
    response = await client.get(PRODUCT, params={"expand": path})
    assert response.status_code == 400
    assert response.json()["details"][0]["fieldViolations"][0]["field"] == "expand"
    assert caller.calls == []


async def test_r23_what_costs_too_much_is_refused_before_any_call(client, caller):
    costly = "relatedProducts.reviews,reviews"
    assert (await client.get(f"/v1/products?page_size=9&expand={costly}")).status_code == 200
    caller.calls.clear()
    deep = "relatedProducts.relatedProducts.relatedProducts.reviews"
    response = await client.get(f"/v1/products?page_size=100&expand={deep}")
    assert (response.status_code, response.json()["reason"]) == (400, "COST_LIMIT")
    assert caller.calls == []


@pytest.mark.parametrize(
    "size", ["pageSize=150", "page%5Fsize=150", "page_size=%31%350", "page_size=1.5e2"]
)
async def test_r23_the_price_is_that_of_the_size_however_it_is_written(client, caller, size):
    assert (await client.get("/v1/products?expand=relatedProducts.reviews")).status_code == 200
    caller.calls.clear()
    response = await client.get(f"/v1/products?{size}&expand=relatedProducts.reviews,reviews")
    assert (response.status_code, response.json()["reason"]) == (400, "COST_LIMIT")
    assert caller.calls == []


async def test_r23_the_names_of_a_batch_are_counted(client, caller):
    async def ask(count: int) -> httpx.Response:
        names = "&".join(f"names=products/p{at}" for at in range(count))
        expand = "products.relatedProducts.reviews,products.reviews"
        return await client.get(f"/v1/products:batchGet?{names}&expand={expand}")

    assert (await ask(20)).status_code == 200
    caller.calls.clear()
    refused = await ask(150)  # 1 + 150 * (1 + 5 + 1)
    assert (refused.status_code, refused.json()["reason"]) == (400, "COST_LIMIT")
    assert "costs 1051" in refused.json()["detail"]
    assert caller.calls == []


async def test_r23_an_expanded_answer_has_no_etag(client):
    response = await client.get(f"{PRODUCT}?expand=category", headers={"If-None-Match": "*"})
    assert response.status_code == 200
    assert "etag" not in response.headers


async def test_r22_an_expanded_answer_is_kept_no_longer_than_what_it_holds(shop, caller):
    methods = [
        replace(method, facts=replace(method.facts, cache_max_age_seconds=seconds))
        for service in shop.services.values()
        for method in service.methods
        for seconds in [{"GetProduct": 60.0, "BatchGetCategories": 90.0}.get(method.name, 0.0)]
    ]
    services = {
        name: replace(service, methods=tuple(m for m in methods if m.service == name))
        for name, service in shop.services.items()
    }
    app = create_app(replace(shop, services=services), caller, EdgeSettings())
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://edge") as client:

        async def kept(expand: str, product: str = PRODUCT) -> str:
            return (await client.get(f"{product}?expand={expand}")).headers["cache-control"]

        assert await kept("category") == "public, max-age=60"
        assert await kept("reviews") == "private, no-cache"
        assert await kept("category,relatedProducts") == "private, no-cache"
        caller.failures["BatchGetCategories"] = Unavailable("gone")
        assert await kept("category") == "public, max-age=60"  # our own cache has it
        assert await kept("category", "/v1/products/p2") == "private, no-cache"


async def test_r23_a_write_takes_no_expand(client):
    response = await client.delete(f"{PRODUCT}?expand=category")
    assert response.status_code == 400
