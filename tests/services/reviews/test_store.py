"""One suite for every database that can keep reviews."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mesh.errors import InvalidArgument
from mesh.listing import PageQuery
from services.reviews.review import Author, NoSuchReview, RatingSummary, Review, ReviewExists
from services.reviews.store import ReviewStore

START = datetime(2026, 3, 1, 12, 0, 0, 250, tzinfo=UTC)
LAMP, VASE = "products/lamp", "products/vase"
ADA = Author("Ada", "GB")


def review(number: int, product: str = LAMP, rating: int = 5, author: Author = ADA) -> Review:
    moment = START + timedelta(days=number)
    return Review(
        name=f"{product}/reviews/{number}",
        author=author,
        rating=rating,
        create_time=moment,
        update_time=moment,
        headline=f"Headline {number}",
        text=f"Text {number}",
        language_code="en",
    )


async def keep(store: ReviewStore, *reviews: Review) -> None:
    for one in reviews:
        await store.create(one)


def names(reviews: tuple[Review, ...] | list[Review]) -> list[str]:
    return [one.name for one in reviews]


async def test_a_review_comes_back_as_it_was_kept(store: ReviewStore) -> None:
    assert await store.create(review(1)) == review(1)
    assert await store.review(review(1).name) == review(1)


async def test_an_unknown_review_is_refused(store: ReviewStore) -> None:
    with pytest.raises(NoSuchReview, match="products/lamp/reviews/9"):
        await store.review("products/lamp/reviews/9")


async def test_a_taken_name_is_refused(store: ReviewStore) -> None:
    await store.create(review(1), "one")
    with pytest.raises(ReviewExists):
        await store.create(replace(review(1), author=Author("Bea")), "two")
    assert (await store.review(review(1).name)).author == ADA


async def test_a_repeated_request_id_creates_once(store: ReviewStore) -> None:
    first = await store.create(review(1), "one")
    again = await store.create(review(2), "one")
    assert again == first == await store.created_by("one")
    assert await store.created_by("two") is None
    assert await store.created_by("") is None


async def test_of_equal_requests_at_once_one_creates(store: ReviewStore) -> None:
    made = await asyncio.gather(*(store.create(review(n), "same") for n in range(8)))
    assert len(set(names(made))) == 1
    assert (await store.page(PageQuery(parent=LAMP))).total_size == 1


async def test_several_come_in_the_order_of_their_names(store: ReviewStore) -> None:
    await keep(store, review(1), review(2), review(3))
    asked = [review(3).name, "products/lamp/reviews/9", review(1).name, review(3).name]
    assert names(await store.reviews(asked)) == [review(3).name, review(1).name]


async def test_pages_are_newest_first_and_of_one_product(store: ReviewStore) -> None:
    await keep(store, *(review(n) for n in range(1, 6)), review(7, VASE))
    first = await store.page(PageQuery(parent=LAMP, page_size=3))
    assert names(first.items) == [review(n).name for n in (5, 4, 3)]
    assert first.total_size == 5
    query = PageQuery(parent=LAMP, page_size=3, page_token=first.next_page_token)
    rest = await store.page(query)
    assert names(rest.items) == [review(n).name for n in (2, 1)]
    assert rest.next_page_token == ""


async def test_the_wildcard_parent_reads_all_products(store: ReviewStore) -> None:
    await keep(store, review(1), review(2, VASE))
    page = await store.page(PageQuery(parent="products/-"))
    assert names(page.items) == [review(2, VASE).name, review(1).name]


async def test_pages_can_be_filtered_and_ordered(store: ReviewStore) -> None:
    await keep(store, review(1, rating=2), review(2, rating=5), review(3, rating=4))
    page = await store.page(PageQuery(parent=LAMP, filter="rating >= 4", order_by="rating"))
    assert [one.rating for one in page.items] == [4, 5]
    assert page.total_size == 2


async def test_a_token_of_another_product_is_refused(store: ReviewStore) -> None:
    await keep(store, review(1), review(2))
    token = (await store.page(PageQuery(parent=LAMP, page_size=1))).next_page_token
    with pytest.raises(InvalidArgument, match="page_token"):
        await store.page(PageQuery(parent=VASE, page_size=1, page_token=token))


async def test_r5_first_pages_go_on_in_the_list(store: ReviewStore) -> None:
    await keep(store, *(review(n) for n in range(1, 5)), review(9, VASE))
    pages = await store.first_pages([VASE, LAMP, "products/none"], 3)
    assert set(pages) == {LAMP, VASE}
    assert names(pages[LAMP].items) == [review(n).name for n in (4, 3, 2)]
    assert (pages[LAMP].total_size, pages[VASE].total_size) == (4, 1)
    assert pages[VASE].next_page_token == ""
    rest = await store.page(PageQuery(parent=LAMP, page_token=pages[LAMP].next_page_token))
    assert names(rest.items) == [review(1).name]


async def test_summaries_count_each_rating(store: ReviewStore) -> None:
    await keep(store, review(1, rating=5), review(2, rating=5), review(3, rating=2))
    found = await store.summaries([VASE, LAMP])
    assert found == [RatingSummary(VASE, {}), RatingSummary(LAMP, {5: 2, 2: 1})]
    assert (found[0].count, found[0].average) == (0, 0.0)
    assert (found[1].count, found[1].average) == (3, 4.0)


async def test_a_change_is_kept(store: ReviewStore) -> None:
    await keep(store, review(1), review(2))
    later = START + timedelta(days=30)
    changed = await store.change(
        review(1).name, lambda found: replace(found, rating=1).revised(later)
    )
    assert changed == replace(review(1), rating=1, update_time=later, revision=2)
    assert await store.reviews([review(1).name, review(2).name]) == [changed, review(2)]


async def test_a_refused_change_changes_nothing(store: ReviewStore) -> None:
    await keep(store, review(1))

    def refuse(found: Review) -> Review:
        raise InvalidArgument("no")

    with pytest.raises(InvalidArgument):
        await store.change(review(1).name, refuse)
    with pytest.raises(NoSuchReview):
        await store.change(review(2).name, lambda found: found)
    assert await store.review(review(1).name) == review(1)


async def test_changes_at_once_are_all_kept(store: ReviewStore) -> None:
    await keep(store, review(1))
    change = (store.change(review(1).name, lambda r: r.revised(START)) for _ in range(10))
    await asyncio.gather(*change)
    assert (await store.review(review(1).name)).revision == 11


async def test_a_deleted_review_is_gone(store: ReviewStore) -> None:
    await keep(store, review(1), review(2))
    await store.delete(review(1).name, lambda found: None)
    with pytest.raises(NoSuchReview):
        await store.delete(review(1).name, lambda found: None)
    assert names((await store.page(PageQuery(parent=LAMP))).items) == [review(2).name]


async def test_examples_fill_an_empty_store_only(store: ReviewStore) -> None:
    assert await store.fill(lambda: [review(1), review(2)])
    assert not await store.fill(lambda: [review(3)])
    assert (await store.page(PageQuery(parent=LAMP))).total_size == 2


async def test_replicas_that_start_at_once_fill_it_once(store: ReviewStore) -> None:
    filled = await asyncio.gather(*(store.fill(lambda: [review(1), review(2)]) for _ in range(4)))
    assert sorted(filled) == [False, False, False, True]
