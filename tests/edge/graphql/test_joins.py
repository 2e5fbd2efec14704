"""R4 forward joins, R5 reverse joins, R6 batching, R7 node, R14 partial answers."""

from dataclasses import replace

from edge.graphql.http.request import Asked
from mesh.errors import Internal, InvalidArgument, NotFound, Unavailable

MAIN = """{ products(first: 20) { nodes { title
    reviews(first: 3) { nodes { author rating } }
    stocks(first: 5) { nodes { location available } } } } }"""


async def test_r5_the_main_query_takes_three_calls(edge):
    data = await edge.data(MAIN)
    nodes = data["products"]["nodes"]
    assert len(nodes) == 20
    assert nodes[7] == {
        "title": "Product 7",
        "reviews": {"nodes": [{"author": f"A{i}", "rating": 1 + i} for i in range(3)]},
        "stocks": {"nodes": [{"location": p, "available": 7} for p in ("oslo", "rome")]},
    }
    assert edge.caller.counts == {"ListProducts": 1, "BatchListReviews": 1, "BatchListStocks": 1}


async def test_r5_first_is_the_page_size_of_the_batch(edge):
    await edge.data(MAIN)
    requests = dict(edge.caller.calls)
    assert requests["BatchListReviews"]["pageSize"] == 3
    assert len(requests["BatchListReviews"]["products"]) == 20


async def test_r5_each_first_of_one_collection_is_a_call_of_its_own(edge):
    await edge.data(
        """{ products(first: 4) { nodes {
            some: reviews(first: 2) { nodes { rating } }
            more: reviews(first: 4) { totalCount } } } }"""
    )
    assert edge.caller.counts["BatchListReviews"] == 2


async def test_r5_a_filter_asks_list_for_each_parent(edge):
    data = await edge.data(
        '{ products(first: 3) { nodes { reviews(filter: "rating > 1") { totalCount } } } }'
    )
    assert data["products"]["nodes"] == [{"reviews": {"totalCount": 5}}] * 3
    assert edge.caller.counts == {"ListProducts": 1, "ListReviews": 3}


async def test_r5_a_filter_that_says_nothing_is_no_filter(edge):
    await edge.data(
        """query($f: String) { products(first: 3, filter: "") { nodes {
            reviews(filter: $f) { totalCount } } } }""",
        {"f": None},
    )
    assert edge.caller.counts == {"ListProducts": 1, "BatchListReviews": 1}


async def test_r6_joins_of_one_level_are_one_call_without_repeats(edge):
    data = await edge.data(
        "{ products(first: 20) { nodes { name category { name displayName } } } }"
    )
    assert data["products"]["nodes"][4]["category"]["displayName"] == "C1"
    (name, request) = edge.caller.calls[1]
    assert name == "BatchGetCategories"
    assert sorted(request["names"]) == ["categories/c0", "categories/c1", "categories/c2"]
    assert len(edge.caller.calls) == 2


async def test_r6_a_level_below_a_batch_is_one_call_again(edge):
    await edge.data(
        """{ products(first: 5) { nodes { reviews(first: 2) { nodes {
            product { title category { displayName } } } } } } }"""
    )
    assert edge.caller.counts == {
        "ListProducts": 1,
        "BatchListReviews": 1,
        "BatchGetProducts": 1,
        "BatchGetCategories": 1,
    }


async def test_r4_a_list_keeps_its_order_and_a_missing_item_is_null(edge):
    data = await edge.data(
        "{ products(first: 1) { nodes { relatedProducts { title } relatedProductNames } } }"
    )
    assert data["products"]["nodes"][0] == {
        "relatedProducts": [{"title": "Product 1"}, None],
        "relatedProductNames": ["products/p1", "products/gone"],
    }


async def test_r4_the_key_alone_makes_no_call(edge):
    data = await edge.data(
        """{ products(first: 2) { nodes { categoryName category { ...Key id } } } }
        fragment Key on Category { name __typename }"""
    )
    node = data["products"]["nodes"][1]
    assert node["category"]["name"] == node["categoryName"] == "categories/c1"
    assert node["category"]["__typename"] == "Category"
    assert edge.caller.counts == {"ListProducts": 1}


async def test_r4_an_empty_reference_is_null(edge, shop):
    shop.products["products/p0"]["category"] = ""
    data = await edge.data("{ products(first: 1) { nodes { category { displayName } } } }")
    assert data["products"]["nodes"] == [{"category": None}]


async def test_r4_a_join_to_nothing_is_null_without_an_error(edge, shop):
    shop.products["products/p0"]["category"] = "categories/gone"
    data = await edge.data("{ products(first: 2) { nodes { category { displayName } } } }")
    assert data["products"]["nodes"] == [{"category": None}, {"category": {"displayName": "C1"}}]


async def test_r7_an_id_leads_back_to_its_node(edge):
    data = await edge.data("{ products(first: 2) { nodes { id } } }")
    id_ = data["products"]["nodes"][1]["id"]
    assert "products" not in id_
    found = await edge.data(
        "query($id: ID!) { node(id: $id) { __typename id ... on Product { title } } }", {"id": id_}
    )
    assert found["node"] == {"__typename": "Product", "id": id_, "title": "Product 1"}


async def test_r7_a_node_that_is_gone_is_null(edge, shop):
    data = await edge.data("{ products(first: 1) { nodes { id } } }")
    shop.products.pop("products/p0")
    id_ = data["products"]["nodes"][0]["id"]
    assert await edge.data("query($id: ID!) { node(id: $id) { id } }", {"id": id_}) == {
        "node": None
    }


async def test_r7_an_id_of_nobody_is_refused(edge):
    for id_ in ("x", "", "c2hvcA==", "c2hvcC5jYXRhbG9nLnYxLkdldFByb2R1Y3RSZXF1ZXN0CnA="):
        data, errors = await edge.ask("query($id: ID!) { node(id: $id) { id } }", {"id": id_})
        assert data == {"node": None}
        assert errors[0]["extensions"]["reason"] == "NODE_ID"


async def test_r14_a_failing_join_nulls_its_own_field(edge):
    edge.caller.failures["BatchListReviews"] = Unavailable(
        "reviews is away", reason="BREAKER_OPEN", retry_after_seconds=2.5, remote=True
    )
    data, errors = await edge.ask(
        """{ products(first: 1) { nodes { title reviews(first: 1) { nodes { author } }
            stocks(first: 1) { nodes { available } } } } }"""
    )
    assert data["products"]["nodes"] == [
        {"title": "Product 0", "reviews": None, "stocks": {"nodes": [{"available": 7}]}}
    ]
    assert errors == [
        {
            "message": "reviews is away",
            "locations": [{"line": 1, "column": 38}],
            "path": ["products", "nodes", 0, "reviews"],
            "extensions": {
                "code": "UNAVAILABLE",
                "reason": "BREAKER_OPEN",
                "fieldViolations": [],
                "retryAfter": 2.5,
                "traceId": None,
            },
        }
    ]


async def test_r14_a_failing_root_leaves_the_others(edge):
    edge.caller.failures["GetProduct"] = InvalidArgument("bad name", reason="NAME")
    data, errors = await edge.ask(
        '{ product(name: "x") { title } products(first: 1) { nodes { title } } }'
    )
    assert data == {"product": None, "products": {"nodes": [{"title": "Product 0"}]}}
    assert [error["path"] for error in errors] == [["product"]]


async def test_r14_what_is_internal_is_masked(edge):
    edge.caller.failures["ListProducts"] = Internal("SELECT * FROM secrets", remote=True)
    _, errors = await edge.ask("{ products { nodes { title } } }")
    assert errors[0]["message"] == "internal error"
    assert errors[0]["extensions"]["code"] == "INTERNAL"


async def test_r14_one_failed_call_is_told_and_logged_once(edge, caplog):
    edge.caller.failures["BatchListReviews"] = Internal("SELECT * FROM secrets", remote=True)
    (error,) = await edge.ask_once("{ products { nodes { reviews { nodes { author } } } } }")
    assert error["message"] == "internal error"
    assert error["path"] == ["products", "nodes", 0, "reviews"]
    paths = error["extensions"]["paths"]
    assert paths == [["products", "nodes", i, "reviews"] for i in range(20)]
    assert [record.message for record in caplog.records] == ["INTERNAL: SELECT * FROM secrets"]


async def test_r14_an_error_of_ours_is_masked_too(edge):
    edge.caller.handlers["ListProducts"] = lambda request: {"products": [{"title": 1 / 0}]}
    _, errors = await edge.ask("{ products { nodes { title } } }")
    assert (errors[0]["message"], errors[0]["extensions"]["code"]) == ("internal error", "INTERNAL")


async def test_r6_a_mutation_makes_later_loads_fresh(edge):
    await edge.data(
        """mutation {
            a: updateProduct(product: {name: "products/p0", title: "A"})
                { category { displayName } }
            b: updateProduct(product: {name: "products/p3", title: "B"})
                { category { displayName } }
        }"""
    )
    assert edge.caller.counts["BatchGetCategories"] == 2


GETS = """
message Order {
  option (google.api.resource) = {type: "odd.test/Order" pattern: "orders/{order}"};
  string name = 1 [(google.api.field_behavior) = IDENTIFIER];
  string customer_id = 2 [(google.api.resource_reference).type = "odd.test/Customer"];
  repeated string helper_ids = 3 [(google.api.resource_reference).type = "odd.test/Customer"];
}
message Customer {
  option (google.api.resource) = {type: "odd.test/Customer" pattern: "customers/{customer}"};
  string name = 1 [(google.api.field_behavior) = IDENTIFIER];
  string id = 2;
}
message ListOrdersRequest { int32 page_size = 1; string page_token = 2; string parent = 3 [
  (google.api.resource_reference).type = "odd.test/Customer"]; }
message ListOrdersResponse { repeated Order orders = 1; string next_page_token = 2; }
message ListPlainRequest {
  string customer = 1 [
    (google.api.field_behavior) = REQUIRED,
    (google.api.resource_reference).type = "odd.test/Customer"
  ];
}
message Plain {
  option (google.api.resource) = {type: "odd.test/Plain" pattern: "plains/{plain}"};
  string name = 1;
}
message ListPlainResponse { repeated Plain plains = 1; }
message GetCustomerRequest {
  string name = 1 [(google.api.resource_reference).type = "odd.test/Customer"];
}
service Orders {
  rpc ListOrders(ListOrdersRequest) returns (ListOrdersResponse) {
    option (google.api.http) = {get: "/v1/orders"};
  }
  rpc ListPlains(ListPlainRequest) returns (ListPlainResponse) {
    option (google.api.http) = {get: "/v1/plains"};
  }
  rpc GetCustomer(GetCustomerRequest) returns (Customer) {
    option (google.api.http) = {get: "/v1/{name=customers/*}"};
  }
}
"""


def customer(request):
    if request["name"] == "customers/gone":
        raise NotFound("gone")
    return {"name": request["name"], "id": request["name"][-1]}


def orders(request):
    rows = [("1", ["2", "gone"]), ("2", []), ("1", ["1"]), ("", [])]
    names = {"orders": [{"customerId": c, "helperIds": h} for c, h in rows]}
    return {"orders": names["orders"][:1]} if request["parent"] else names


async def test_r4_bare_ids_join_by_get_without_repeats(compiled):
    edge = compiled(GETS, GetCustomer=customer, ListOrders=orders)
    data = await edge.data(
        """{ orders { nodes { customerId customer { customerId }
            helperIds helpers { name customerId } } } }"""
    )
    nodes = data["orders"]["nodes"]
    assert nodes[0] == {
        "customerId": "1",
        "customer": {"customerId": "1"},
        "helperIds": ["2", "gone"],
        "helpers": [{"name": "customers/2", "customerId": "2"}, None],
    }
    assert nodes[3] == {"customerId": "", "customer": None, "helperIds": [], "helpers": []}


async def test_r4_gets_are_not_repeated(compiled):
    edge = compiled(GETS, GetCustomer=customer, ListOrders=orders)
    await edge.data("{ orders { nodes { customer { customerId } helpers { customerId } } } }")
    asked = sorted(request["name"] for name, request in edge.caller.calls if name == "GetCustomer")
    assert asked == ["customers/1", "customers/2", "customers/gone"]


async def test_r5_a_list_without_pages_is_a_connection_too(compiled):
    plains = {"plains": [{"name": f"plains/{i}"} for i in range(3)]}
    edge = compiled(GETS, GetCustomer=customer, ListOrders=orders, ListPlains=lambda r: plains)
    data = await edge.data(
        """{ customer(name: "customers/1") { orders { nodes { customerId } }
            plains(first: 2) { nodes { name } pageInfo { hasNextPage } } } }"""
    )
    assert data["customer"] == {
        "orders": {"nodes": [{"customerId": "1"}]},
        "plains": {
            "nodes": [{"name": "plains/0"}, {"name": "plains/1"}],
            "pageInfo": {"hasNextPage": True},
        },
    }
    assert ("ListPlains", {"customer": "customers/1"}) in edge.caller.calls


async def test_r19_calls_say_how_a_cluster_may_route_them(edge):
    told = {}
    unary = edge.caller.unary

    class Noting:
        async def unary(self, method, request, context):
            told[method.name] = dict(context.metadata).get("x-goog-request-params")
            return await unary(method, request, context)

    await edge.engine.execute(
        Asked(
            """{ product(name: "products/p1") { name }
                 reviews(parent: "products/p2", filter: "a") { nodes { author } }
                 batchGetProducts(names: ["products/p1"]) { products { name } } }"""
        ),
        lambda _: replace(edge.open(), caller=Noting()),
    )
    assert told == {
        "GetProduct": "name=products%2Fp1",
        "ListReviews": "parent=products%2Fp2",
        "BatchGetProducts": None,
    }
