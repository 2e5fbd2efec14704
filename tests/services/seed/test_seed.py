"""The example data of the three services, held against each other."""

from collections import Counter
from datetime import timedelta
from statistics import mean

import pytest

from services.catalog import seed as catalog
from services.catalog.product import State
from services.inventory import seed as inventory
from services.reviews import seed as reviews

PRODUCTS = catalog.products()
REVIEWS = reviews.reviews()
STOCKS = inventory.stocks()
NAMES = {product.name for product in PRODUCTS}


def test_the_shop_has_three_hundred_products_in_twelve_categories() -> None:
    sizes = Counter(product.category for product in PRODUCTS)
    assert len(NAMES) == len(PRODUCTS) >= 300
    assert set(sizes) == {category.name for category in catalog.categories()}
    assert len(sizes) == 12
    assert min(sizes.values()) >= 20


def test_every_product_reads_like_one() -> None:
    for product in PRODUCTS:
        assert 4 <= len(product.title) <= 60
        assert len(product.description) > 60
        assert product.brand
        assert product.tags
        assert product.attributes
        assert product.weight_grams
    assert len({product.description.partition(". ")[0] for product in PRODUCTS}) == len(PRODUCTS)


def test_every_product_has_a_price_in_three_currencies() -> None:
    for product in PRODUCTS:
        assert [price.currency_code for price in product.prices] == ["EUR", "USD", "GBP"]
        assert all(price.units > 0 for price in product.prices)
        assert all(0 <= price.nanos < 10**9 for price in product.prices)


def test_a_few_products_are_not_for_sale() -> None:
    states = Counter(product.state for product in PRODUCTS)
    assert states[State.ACTIVE] >= 300
    assert states[State.DRAFT] >= 3
    assert states[State.ARCHIVED] >= 3


def test_related_products_are_others_that_are_for_sale() -> None:
    for_sale = {product.name for product in PRODUCTS if product.state is State.ACTIVE}
    for product in PRODUCTS:
        assert product.related_products
        assert product.name not in product.related_products
        assert for_sale.issuperset(product.related_products)


def test_create_times_are_spread_over_two_years() -> None:
    created = sorted(product.create_time for product in PRODUCTS)
    assert created[-1] - created[0] > timedelta(days=700)
    assert all(product.update_time >= product.create_time for product in PRODUCTS)


def test_every_product_has_reviews_and_reviews_have_a_product() -> None:
    counts = Counter(review.product for review in REVIEWS)
    assert set(counts) == NAMES
    assert min(counts.values()) >= 2
    assert max(counts.values()) <= 12
    assert mean(counts.values()) >= 4


def test_reviews_are_written_after_their_product_was_created() -> None:
    created = {product.name: product.create_time for product in PRODUCTS}
    assert all(review.create_time > created[review.product] for review in REVIEWS)


def test_reviews_use_every_rating_and_vary() -> None:
    ratings = Counter(review.rating for review in REVIEWS)
    assert set(ratings) == {1, 2, 3, 4, 5}
    assert 3.8 < mean(review.rating for review in REVIEWS) < 4.4
    assert len({review.text for review in REVIEWS}) > 0.9 * len(REVIEWS)
    assert not any("{" in review.text for review in REVIEWS)


def test_nobody_reviews_a_product_twice() -> None:
    assert len({(review.product, review.author) for review in REVIEWS}) == len(REVIEWS)
    assert len({review.name for review in REVIEWS}) == len(REVIEWS)


def test_every_product_lies_at_one_to_four_locations() -> None:
    places = Counter(stock.product for stock in STOCKS)
    assert set(places) == NAMES
    assert set(places.values()) == {1, 2, 3, 4}
    assert {stock.location for stock in STOCKS} == set(inventory.LOCATIONS)
    assert any(stock.on_hand == 0 for stock in STOCKS)


@pytest.mark.slow
def test_the_data_is_the_same_each_time() -> None:
    assert catalog.products() == PRODUCTS
    assert reviews.reviews() == REVIEWS
    assert inventory.stocks() == STOCKS
