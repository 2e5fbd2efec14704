"""The reviews' process: `python -m services.reviews`."""

from pathlib import Path

from mesh.process import Runtime, Servicer, run
from services.reviews import seed
from services.reviews.servicer import ReviewsServicer
from services.reviews.store import SqlReviewStore
from services.reviews.upstreams import GrpcCatalog
from shop.reviews.v1 import reviews_pb2, reviews_pb2_grpc


async def build(runtime: Runtime) -> list[Servicer]:
    """Returns what this process serves."""
    store = SqlReviewStore(await runtime.database(Path(__file__).parent / "migrations"))
    if runtime.settings.seed:
        await store.fill(seed.reviews)
    return [
        Servicer(
            reviews_pb2.DESCRIPTOR.services_by_name["ReviewsService"],
            reviews_pb2_grpc.add_ReviewsServiceServicer_to_server,
            ReviewsServicer(store, GrpcCatalog(runtime.channel("catalog"))),
        )
    ]


if __name__ == "__main__":
    run("reviews", build)
