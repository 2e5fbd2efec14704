"""Stubs of an older version work against a newer server: messages of the last release's contracts.

Nothing of today's stubs is used on the client's side, only descriptors of that release.
"""

import io
import tarfile
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

from cli.generate import compile_contracts
from mesh.errors import InvalidArgument, NotFound
from mesh.process import Servicer
from mesh.store import migrate, open_engine
from mesh.testing import serve
from services.reviews import tables
from services.reviews.servicer import ReviewsServicer
from services.reviews.store import SqlReviewStore
from services.reviews.v1 import ReviewsV1
from shop.reviews.v1 import reviews_pb2, reviews_pb2_grpc
from tests.rules.test_breaking import base_revision, git
from tests.services.reviews.fakes import FakeCatalog

pytestmark = pytest.mark.slow
SERVICE = "shop.reviews.v1.ReviewsService"


class OldStub:
    """Calls a service by the descriptors of the last release, with values as JSON has them."""

    def __init__(self, pool: descriptor_pool.DescriptorPool, channel: Any) -> None:
        self._pool = pool
        self._channel = channel

    async def __call__(self, method_name: str, /, **request: Any) -> dict[str, Any]:
        method = self._pool.FindServiceByName(SERVICE).FindMethodByName(method_name)
        asked = message_factory.GetMessageClass(method.input_type)
        answered = message_factory.GetMessageClass(method.output_type)
        call = self._channel.unary_unary(
            f"/{SERVICE}/{method_name}",
            request_serializer=asked.SerializeToString,
            response_deserializer=answered.FromString,
        )
        answer = await call(json_format.ParseDict(request, asked()))
        return json_format.MessageToDict(answer, preserving_proto_field_name=True)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> descriptor_pool.DescriptorPool:
    """The contracts of the last release."""
    folder = tmp_path_factory.mktemp("release")
    with tarfile.open(fileobj=io.BytesIO(git("archive", base_revision(), "proto"))) as archive:
        archive.extractall(folder, filter="data")
    compile_contracts(folder / "proto", folder / "image.binpb")
    image = (folder / "image.binpb").read_bytes()
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(image).file:
        pool.Add(file)
    return pool


@pytest.fixture
async def stub(release: descriptor_pool.DescriptorPool) -> AsyncIterator[OldStub]:
    engine = open_engine("memory")
    await migrate(engine, Path(tables.__file__).parent / "migrations")
    newest = ReviewsServicer(SqlReviewStore(engine), FakeCatalog("products/lamp"))
    servicer = Servicer(
        reviews_pb2.DESCRIPTOR.services_by_name["ReviewsService"],
        reviews_pb2_grpc.add_ReviewsServiceServicer_to_server,
        ReviewsV1(newest),
    )
    async with serve([servicer]) as channel:
        yield OldStub(release, channel)
    await engine.dispose()


async def test_a_review_lives_its_life(stub: OldStub) -> None:
    review = {"author": "Ada", "rating": 4, "title": "Good", "body": "Very."}
    created = await stub(
        "CreateReview", parent="products/lamp", review=review, request_id=str(uuid.uuid4())
    )
    assert review.items() <= created.items()
    name = created["name"]
    assert await stub("GetReview", name=name) == created
    update = {"name": name, "title": "Better", "etag": created["etag"]}
    changed = await stub("UpdateReview", review=update, update_mask="title")
    assert (changed["title"], changed["author"], changed["body"]) == ("Better", "Ada", "Very.")
    listed = await stub("ListReviews", parent="products/lamp", filter="author = A* AND rating > 3")
    assert listed["reviews"] == [changed]
    found = await stub("BatchGetReviews", names=[name])
    assert found["reviews"] == [changed]
    entries = await stub("BatchListReviews", products=["products/lamp"])
    assert entries["entries"][0]["reviews"] == [changed]
    summary = await stub("GetRatingSummary", name="products/lamp/ratingSummary")
    assert (summary["count"], summary["average"]) == (1, 4.0)
    await stub("DeleteReview", name=name, etag=changed["etag"])
    with pytest.raises(NotFound):
        await stub("GetReview", name=name)


async def test_what_is_refused_is_refused_in_its_words(stub: OldStub) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await stub("CreateReview", parent="products/lamp", review={"rating": 9, "author": "Ada"})
    assert [violation.field for violation in caught.value.violations] == ["review.rating"]
