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
        "stocks": {
            "nodes": [{"location": p, "available": 7} for p in ("oslo", "rome")],
        },
    }
    assert edge.caller.counts == {"ListProducts": 1, "BatchListReviews": 1, "BatchListStocks": 1}
