"""The reviews' process: `python -m services.reviews`."""

from pathlib import Path

from mesh.process import Runtime, Servicer, run
from services.reviews import seed
from services.reviews.servicer import ReviewsServicer
from services.reviews.store import SqlReviewStore
from services.reviews.upstreams import GrpcCatalog
from services.reviews.v1 import ReviewsV1
from shop.reviews.v1 import reviews_pb2 as v1
from shop.reviews.v1 import reviews_pb2_grpc as v1_grpc
from shop.reviews.v2 import reviews_pb2 as v2
from shop.reviews.v2 import reviews_pb2_grpc as v2_grpc


async def build(runtime: Runtime) -> list[Servicer]:
    """Returns what this process serves: both versions of its contract over one store."""
    store = SqlReviewStore(await runtime.database(Path(__file__).parent / "migrations"))
    if runtime.settings.seed:
        await store.fill(seed.reviews)
    newest = ReviewsServicer(store, GrpcCatalog(runtime.channel("catalog")))
    return [
        Servicer(
            v2.DESCRIPTOR.services_by_name["ReviewsService"],
            v2_grpc.add_ReviewsServiceServicer_to_server,
            newest,
        ),
        Servicer(
            v1.DESCRIPTOR.services_by_name["ReviewsService"],
            v1_grpc.add_ReviewsServiceServicer_to_server,
            ReviewsV1(newest),
        ),
    ]


if __name__ == "__main__":
    run("reviews", build)
