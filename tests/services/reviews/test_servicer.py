"""The methods of reviews, over a real server, with a fake catalog."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from mesh import errors
from mesh.process import Servicer
from mesh.testing import serve
from services.reviews.servicer import ReviewsServicer
from services.reviews.store import ReviewStore
from shop.reviews.v2 import reviews_pb2 as pb
from shop.reviews.v2 import reviews_pb2_grpc
from tests.services.reviews.fakes import FakeCatalog

LAMP, VASE = "products/lamp", "products/vase"
ADA = pb.Author(display_name="Ada", region_code="GB")


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


@pytest.fixture
async def stub(
    memory_store: ReviewStore, catalog: FakeCatalog
) -> AsyncIterator[reviews_pb2_grpc.ReviewsServiceStub]:
    servicer = Servicer(
        pb.DESCRIPTOR.services_by_name["ReviewsService"],
        reviews_pb2_grpc.add_ReviewsServiceServicer_to_server,
        ReviewsServicer(memory_store, catalog, Clock()),
    )
    async with serve([servicer]) as channel:
        yield reviews_pb2_grpc.ReviewsServiceStub(channel)


Stub = reviews_pb2_grpc.ReviewsServiceStub


async def create(
    stub: Stub, review_id: str = "", parent: str = LAMP, rating: int = 5, request_id: str = ""
) -> pb.Review:
    review = pb.Review(author=ADA, rating=rating, headline="Good", text="Very good.")
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
    [
        pb.Review(rating=5),
        pb.Review(author=pb.Author(region_code="GB"), rating=5),
        pb.Review(author=ADA),
        pb.Review(author=ADA, rating=6),
        pb.Review(author=ADA, rating=5, language_code="English, please"),
    ],
    ids=["no author", "no display name", "no rating", "too good", "no language"],
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
            review=pb.Review(name=created.name, rating=2, headline="Worse", etag=created.etag),
            update_mask=FieldMask(paths=["rating"]),
        )
    )
    assert (changed.rating, changed.headline) == (2, "Good")
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


async def test_an_update_reaches_into_the_author(stub: Stub) -> None:
    created = await create(stub, "first")
    review = pb.Review(name=created.name, author=pb.Author(region_code="IE"))
    mask = FieldMask(paths=["author.region_code"])
    changed = await stub.UpdateReview(pb.UpdateReviewRequest(review=review, update_mask=mask))
    assert changed.author == pb.Author(display_name="Ada", region_code="IE")


@pytest.mark.parametrize("path", ["author", "author.display_name"])
async def test_an_author_keeps_a_display_name(stub: Stub, path: str) -> None:
    created = await create(stub, "first")
    review = pb.Review(name=created.name, author=pb.Author(region_code="IE"))
    mask = FieldMask(paths=[path])
    with pytest.raises(errors.InvalidArgument) as caught:
        await stub.UpdateReview(pb.UpdateReviewRequest(review=review, update_mask=mask))
    (violation,) = caught.value.violations
    assert (violation.field, violation.reason) == ("review.author.display_name", "REQUIRED")


async def test_lists_are_filtered_by_language_and_by_author(stub: Stub) -> None:
    for review_id, language in (("a", "en"), ("b", "fr"), ("c", "fr")):
        review = pb.Review(author=ADA, rating=4, language_code=language)
        request = pb.CreateReviewRequest(parent=LAMP, review=review, review_id=review_id)
        await stub.CreateReview(request)
    text = 'language_code = fr AND author.display_name = A* AND author.region_code = "GB"'
    asked = pb.ListReviewsRequest(parent=LAMP, filter=text, order_by="author.display_name, name")
    found = await stub.ListReviews(asked)
    assert [review.name[-1] for review in found.reviews] == ["b", "c"]
