import grpc
import pytest

from mesh.errors import Unavailable
from mesh.outbound import OutgoingCall, status


@pytest.mark.parametrize("words", ["GOAWAY received", "failed to connect; last error: refused"])
async def test_whoever_is_away_is_asked_again_later(words):
    async def proceed(out):
        raise grpc.aio.AioRpcError(
            grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata(), words
        )

    with pytest.raises(Unavailable) as caught:
        await status.unary(proceed)(OutgoingCall("shop", "/shop.v1.Shop/Get", b""))
    assert caught.value.retry_after_seconds == status.RETRY_AFTER_SECONDS
