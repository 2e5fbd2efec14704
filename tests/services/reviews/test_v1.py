"""Version 1 of reviews over version 2: stubs of v1 find all as it was before there was a v2."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from hypothesis import given
from hypothesis import strategies as st

from mesh import errors
from mesh.channel import MeshChannel
from mesh.inbound.validation import check
from mesh.process import Servicer
from mesh.testing import serve
from services.reviews.servicer import ReviewsServicer
from services.reviews.store import ReviewStore
from services.reviews.v1 import ReviewsV1, in_v2
from shop.reviews.v1 import reviews_pb2 as pb
from shop.reviews.v1 import reviews_pb2_grpc
from shop.reviews.v2 import reviews_pb2 as v2
from shop.reviews.v2 import reviews_pb2_grpc as v2_grpc
from tests.services.reviews.fakes import FakeCatalog

LAMP, VASE = "products/lamp", "products/vase"


class Clock:
    """A clock that goes on by a second each time it is looked at."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def catalog() -> FakeCatalog:
    return FakeCatalog(LAMP, VASE)


Stub = reviews_pb2_grpc.ReviewsServiceStub
NewestStub = v2_grpc.ReviewsServiceStub


@pytest.fixture
async def channel(memory_store: ReviewStore, catalog: FakeCatalog) -> AsyncIterator[MeshChannel]:
    """A channel to one server of both versions."""
    newest = ReviewsServicer(memory_store, catalog, Clock())
    servicers = [
        Servicer(
            v2.DESCRIPTOR.services_by_name["ReviewsService"],
            v2_grpc.add_ReviewsServiceServicer_to_server,
            newest,
        ),
        Servicer(
            pb.DESCRIPTOR.services_by_name["ReviewsService"],
            reviews_pb2_grpc.add_ReviewsServiceServicer_to_server,
            ReviewsV1(newest),
        ),
    ]
    async with serve(servicers) as channel:
        yield channel


@pytest.fixture
def stub(channel: MeshChannel) -> Stub:
    return reviews_pb2_grpc.ReviewsServiceStub(channel)


@pytest.fixture
def newest(channel: MeshChannel) -> NewestStub:
    return v2_grpc.ReviewsServiceStub(channel)


async def create(
    stub: Stub, review_id: str = "", parent: str = LAMP, rating: int = 5, request_id: str = ""
) -> pb.Review:
    review = pb.Review(author="Ada", rating=rating, title="Good", body="Very good.")
    request = pb.CreateReviewRequest(
        parent=parent, review=review, review_id=review_id, request_id=request_id
    )
    created: pb.Review = await stub.CreateReview(request)
    return created


async def test_a_created_review_can_be_read(stub: Stub) -> None:
    created = await create(stub, "first")
    assert created.name == "products/lamp/reviews/first"
    assert created.product == LAMP
    assert created.etag
    assert created.create_time == created.update_time
    assert await stub.GetReview(pb.GetReviewRequest(name=created.name)) == created


async def test_the_service_chooses_a_name_where_none_is_asked_for(stub: Stub) -> None:
    one, two = await create(stub), await create(stub)
    assert one.name != two.name
    assert one.name.startswith("products/lamp/reviews/")


async def test_a_review_needs_a_product(stub: Stub) -> None:
    with pytest.raises(errors.NotFound, match="products/none does not exist") as caught:
        await create(stub, parent="products/none")
    assert caught.value.reason == "PRODUCT_NOT_FOUND"


async def test_without_the_catalog_no_review_is_taken(stub: Stub, catalog: FakeCatalog) -> None:
    catalog.error = errors.Unavailable("no instance of catalog takes calls", remote=True)
    with pytest.raises(errors.Unavailable):
        await create(stub)
    assert (await stub.ListReviews(pb.ListReviewsRequest(parent=LAMP))).total_size == 0


async def test_a_taken_name_is_refused(stub: Stub) -> None:
    await create(stub, "first")
    with pytest.raises(errors.AlreadyExists):
        await create(stub, "first")


async def test_a_repeat_answers_the_same_even_when_the_product_is_gone(
    stub: Stub, catalog: FakeCatalog
) -> None:
    request_id = str(uuid.uuid4())
    first = await create(stub, request_id=request_id)
    catalog.products.clear()
    assert await create(stub, request_id=request_id) == first


@pytest.mark.parametrize(
    "review",
    [pb.Review(rating=5), pb.Review(author="Ada"), pb.Review(author="Ada", rating=6)],
    ids=["no author", "no rating", "too good"],
)
async def test_an_incomplete_review_is_refused(stub: Stub, review: pb.Review) -> None:
    with pytest.raises(errors.InvalidArgument):
        await stub.CreateReview(pb.CreateReviewRequest(parent=LAMP, review=review))


async def test_lists_are_newest_first_and_can_read_all_products(stub: Stub) -> None:
    await create(stub, "first")
    await create(stub, "second", parent=VASE)
    await create(stub, "third")
    of_lamp = await stub.ListReviews(pb.ListReviewsRequest(parent=LAMP))
    assert [r.name.rpartition("/")[2] for r in of_lamp.reviews] == ["third", "first"]
    page = await stub.ListReviews(pb.ListReviewsRequest(parent="products/-", page_size=2))
    assert [r.name.rpartition("/")[2] for r in page.reviews] == ["third", "second"]
    assert page.total_size == 3
    assert page.next_page_token


async def test_r5_batch_list_has_an_entry_for_each_product_asked_for(stub: Stub) -> None:
    for number in range(3):
        await create(stub, f"r{number}")
    answer = await stub.BatchListReviews(
        pb.BatchListReviewsRequest(products=[VASE, LAMP, VASE], page_size=2)
    )
    assert [entry.product for entry in answer.entries] == [VASE, LAMP, VASE]
    assert [len(entry.reviews) for entry in answer.entries] == [0, 2, 0]
    entry = answer.entries[1]
    assert entry.total_size == 3
    rest = await stub.ListReviews(
        pb.ListReviewsRequest(parent=LAMP, page_token=entry.next_page_token)
    )
    assert [review.name for review in rest.reviews] == ["products/lamp/reviews/r0"]


async def test_batch_get_leaves_out_what_does_not_exist(stub: Stub) -> None:
    one, two = await create(stub, "one"), await create(stub, "two")
    asked = [two.name, "products/lamp/reviews/none", one.name]
    answer = await stub.BatchGetReviews(pb.BatchGetReviewsRequest(names=asked))
    assert list(answer.reviews) == [two, one]


async def test_batch_get_refuses_names_outside_the_parent(stub: Stub) -> None:
    with pytest.raises(errors.InvalidArgument) as caught:
        await stub.BatchGetReviews(
            pb.BatchGetReviewsRequest(parent=VASE, names=["products/lamp/reviews/one"])
        )
    assert [violation.field for violation in caught.value.violations] == ["names[0]"]


async def test_an_update_changes_what_the_mask_names(stub: Stub) -> None:
    created = await create(stub, "first")
    changed = await stub.UpdateReview(
        pb.UpdateReviewRequest(
            review=pb.Review(name=created.name, rating=2, title="Worse", etag=created.etag),
            update_mask=FieldMask(paths=["rating"]),
        )
    )
    assert (changed.rating, changed.title) == (2, "Good")
    assert changed.etag != created.etag
    assert changed.update_time.ToDatetime() > created.update_time.ToDatetime()
    assert changed.create_time == created.create_time


async def test_r12_an_old_etag_changes_and_deletes_nothing(stub: Stub) -> None:
    created = await create(stub, "first")
    review = pb.Review(name=created.name, rating=1)
    changed = await stub.UpdateReview(pb.UpdateReviewRequest(review=review))
    review.etag = created.etag
    with pytest.raises(errors.Aborted):
        await stub.UpdateReview(pb.UpdateReviewRequest(review=review))
    with pytest.raises(errors.Aborted):
        await stub.DeleteReview(pb.DeleteReviewRequest(name=created.name, etag=created.etag))
    assert await stub.GetReview(pb.GetReviewRequest(name=created.name)) == changed


async def test_a_whole_replacement_needs_what_is_required(stub: Stub) -> None:
    created = await create(stub, "first")
    with pytest.raises(errors.InvalidArgument):
        await stub.UpdateReview(
            pb.UpdateReviewRequest(
                review=pb.Review(name=created.name, rating=1), update_mask=FieldMask(paths=["*"])
            )
        )


async def test_a_deleted_review_is_not_found(stub: Stub) -> None:
    created = await create(stub, "first")
    await stub.DeleteReview(pb.DeleteReviewRequest(name=created.name, etag=created.etag))
    with pytest.raises(errors.NotFound):
        await stub.GetReview(pb.GetReviewRequest(name=created.name))
    with pytest.raises(errors.NotFound):
        await stub.DeleteReview(pb.DeleteReviewRequest(name=created.name))


async def test_rating_summaries_follow_the_reviews(stub: Stub) -> None:
    for rating in (5, 4, 4):
        await create(stub, rating=rating)
    name = "products/lamp/ratingSummary"
    summary = await stub.GetRatingSummary(pb.GetRatingSummaryRequest(name=name))
    assert (summary.name, summary.product, summary.count) == (name, LAMP, 3)
    assert summary.average == pytest.approx(13 / 3)
    assert dict(summary.counts) == {1: 0, 2: 0, 3: 0, 4: 2, 5: 1}


async def test_a_product_without_reviews_has_a_summary_too(stub: Stub) -> None:
    await create(stub)
    asked = ["products/vase/ratingSummary", "products/lamp/ratingSummary"]
    answer = await stub.BatchGetRatingSummaries(pb.BatchGetRatingSummariesRequest(names=asked))
    assert [summary.name for summary in answer.rating_summaries] == asked
    assert [summary.count for summary in answer.rating_summaries] == [0, 1]
    assert answer.rating_summaries[0].average == 0


async def test_both_versions_tell_of_the_same_reviews(stub: Stub, newest: NewestStub) -> None:
    old = await create(stub, "first")
    new = await newest.GetReview(v2.GetReviewRequest(name=old.name))
    assert (new.author.display_name, new.headline, new.text) == (old.author, old.title, old.body)
    assert (new.etag, new.rating, new.create_time) == (old.etag, old.rating, old.create_time)
    written = v2.Review(
        author=v2.Author(display_name="Bea", region_code="FR"),
        rating=2,
        headline="Bof",
        text="Non.",
        language_code="fr",
    )
    request = v2.CreateReviewRequest(parent=LAMP, review=written, review_id="second")
    created = await newest.CreateReview(request)
    seen = await stub.GetReview(pb.GetReviewRequest(name=created.name))
    assert (seen.author, seen.title, seen.body, seen.rating) == ("Bea", "Bof", "Non.", 2)
    assert seen.etag == created.etag


@pytest.mark.parametrize("paths", [["*"], [], ["author", "rating", "title", "body"]])
async def test_what_v1_does_not_know_a_change_by_v1_leaves(
    stub: Stub, newest: NewestStub, paths: list[str]
) -> None:
    author = v2.Author(display_name="Bea", region_code="FR")
    review = v2.Review(author=author, rating=2, language_code="fr")
    created = await newest.CreateReview(v2.CreateReviewRequest(parent=LAMP, review=review))
    update = pb.Review(name=created.name, author="Béa", rating=3, title="T", body="B")
    mask = FieldMask(paths=paths)
    changed = await stub.UpdateReview(pb.UpdateReviewRequest(review=update, update_mask=mask))
    assert (changed.author, changed.rating, changed.title) == ("Béa", 3, "T")
    seen = await newest.GetReview(v2.GetReviewRequest(name=created.name))
    assert (seen.author.region_code, seen.language_code) == ("FR", "fr")
    assert seen.author.display_name == "Béa"


async def test_a_mask_that_changes_nothing_changes_nothing(stub: Stub) -> None:
    created = await create(stub, "first")
    update = pb.Review(name=created.name, rating=1)
    mask = FieldMask(paths=["name"])
    changed = await stub.UpdateReview(pb.UpdateReviewRequest(review=update, update_mask=mask))
    assert (changed.rating, changed.author, changed.title) == (5, "Ada", "Good")


@pytest.mark.parametrize("path", ["headline", "author.display_name", "language_code"])
async def test_a_mask_in_the_words_of_v2_is_refused(stub: Stub, path: str) -> None:
    created = await create(stub, "first")
    mask = FieldMask(paths=[path])
    review = pb.Review(name=created.name, title="Other")
    with pytest.raises(errors.InvalidArgument, match=f"Review has no field '{path}'"):
        await stub.UpdateReview(pb.UpdateReviewRequest(review=review, update_mask=mask))


async def test_what_an_update_lacks_is_told_in_the_words_of_v1(stub: Stub) -> None:
    created = await create(stub, "first")
    review = pb.Review(name=created.name, rating=1)
    mask = FieldMask(paths=["author"])
    with pytest.raises(errors.InvalidArgument) as caught:
        await stub.UpdateReview(pb.UpdateReviewRequest(review=review, update_mask=mask))
    assert caught.value.message == "review.author is required"
    assert [violation.field for violation in caught.value.violations] == ["review.author"]


async def test_lists_are_filtered_and_ordered_in_the_words_of_v1(stub: Stub) -> None:
    for review_id, rating in (("a", 3), ("b", 5), ("c", 4)):
        await create(stub, review_id, rating=rating)
    asked = pb.ListReviewsRequest(
        parent=LAMP, filter='author = "Ada" AND rating > 3', order_by="author, rating", page_size=1
    )
    first = await stub.ListReviews(asked)
    asked.page_token = first.next_page_token
    second = await stub.ListReviews(asked)
    assert [r.rating for r in (*first.reviews, *second.reviews)] == [4, 5]
    assert (first.total_size, second.next_page_token) == (2, "")


async def test_the_longest_filter_of_v1_is_not_too_long_for_v2(stub: Stub) -> None:
    await create(stub)
    text = " OR ".join(["author=Ada"] * 71)
    assert 980 < len(text) <= 1000
    found = await stub.ListReviews(pb.ListReviewsRequest(parent=LAMP, filter=text))
    assert found.total_size == 1


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"filter": "headline = x"}, "filter names headline: use author, rating, create_time"),
        ({"filter": "author < 'a*'"}, "filter compares author by < with a wildcard"),
        ({"order_by": "language_code"}, "use author, rating, create_time, update_time, name, with"),
        ({"order_by": "author, author"}, "order_by names author twice"),
    ],
)
async def test_a_list_that_cannot_be_is_refused_in_the_words_of_v1(
    stub: Stub, arguments: dict[str, str], problem: str
) -> None:
    with pytest.raises(errors.InvalidArgument) as caught:
        await stub.ListReviews(pb.ListReviewsRequest(parent=LAMP, **arguments))
    (violation,) = caught.value.violations
    assert problem in caught.value.message
    assert violation.field in arguments
    assert "display_name" not in caught.value.message + violation.description


async def test_a_page_token_goes_on_in_the_other_version(stub: Stub, newest: NewestStub) -> None:
    for review_id in ("a", "b", "c"):
        await create(stub, review_id)
    first = await stub.ListReviews(pb.ListReviewsRequest(parent=LAMP, page_size=2))
    rest = await newest.ListReviews(
        v2.ListReviewsRequest(parent=LAMP, page_size=2, page_token=first.next_page_token)
    )
    assert [review.name for review in rest.reviews] == ["products/lamp/reviews/a"]


@given(
    st.builds(
        pb.Review,
        author=st.text(max_size=100).filter(bool),
        rating=st.integers(1, 5),
        title=st.text(max_size=200),
        body=st.text(max_size=300),
        etag=st.text(max_size=64),
    )
)
def test_v2_asks_no_more_than_v1(review: pb.Review) -> None:
    """The adapter leans on it: v2's servicer is called without v2's validation."""
    check(pb.CreateReviewRequest(parent=LAMP, review=review))
    check(v2.CreateReviewRequest(parent=LAMP, review=in_v2(review)))
