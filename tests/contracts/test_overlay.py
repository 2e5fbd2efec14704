"""An edge over contracts without annotations, by an overlay written by hand."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from google.protobuf import descriptor_pb2

from tests.contracts.edge import edge
from tests.contracts.image import compile_image
from tests.contracts.packages import SETS
from tests.contracts.stripping import stripped
from tests.contracts.types import Types
from tests.contracts.upstream import Upstream

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

PATHS = """\
http:
  rules:
  - selector: google.pubsub.v1.Publisher.GetTopic
    get: /v1/{topic=projects/*/topics/*}
  - selector: google.pubsub.v1.Subscriber.GetSubscription
    get: /v1/{subscription=projects/*/subscriptions/*}
"""
MEANING = """\
selvedge:
  resources:
  - message: google.pubsub.v1.Topic
    type: pubsub.googleapis.com/Topic
    pattern: ["projects/{project}/topics/{topic}"]
  - message: google.pubsub.v1.Subscription
    type: pubsub.googleapis.com/Subscription
    pattern: ["projects/{project}/subscriptions/{subscription}"]
  references:
  - {field: google.pubsub.v1.GetTopicRequest.topic, type: pubsub.googleapis.com/Topic}
  - {field: google.pubsub.v1.Subscription.topic, type: pubsub.googleapis.com/Topic}
  methods:
  - selector: google.pubsub.v1.*
    policy: {deadline: 2s}
"""
Served = tuple[Upstream, Path]
NAME = "projects/p/subscriptions/s"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def upstream(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Served]:
    """A server of Pub/Sub, and the image of its contracts without annotations."""
    folder = tmp_path_factory.mktemp("pubsub")
    annotated = compile_image(next(s for s in SETS if s.name == "pubsub"), folder)
    upstream = Upstream(Types(annotated.read_bytes()))
    await upstream.start()
    files = descriptor_pb2.FileDescriptorSet.FromString(annotated.read_bytes())
    stripped(files)
    bare = folder / "bare.binpb"
    bare.write_bytes(files.SerializeToString())
    yield upstream, bare
    await upstream.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(
    upstream: Served, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an edge with two overlays, one by a flag and one more."""
    server, bare = upstream
    written = tmp_path_factory.mktemp("overlays")
    (written / "paths.yaml").write_text(PATHS)
    (written / "meaning.yaml").write_text(MEANING)
    flags = [f"--overlay={written / name}" for name in ("paths.yaml", "meaning.yaml")]
    upstreams = [f"{service}={server.address}" for service in server.types.services]
    async with edge(bare, upstreams, tmp_path_factory.mktemp("edge"), *flags) as client:
        yield client


async def test_a_path_of_the_overlay_is_served(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/v1/{NAME}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["name"] == NAME


async def test_a_method_without_a_rule_is_no_door(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/projects/p/topics")).status_code == 404
    assert (await client.delete("/v1/projects/p/topics/t")).status_code == 405


async def test_a_reference_of_the_overlay_is_a_join(client: httpx.AsyncClient) -> None:
    asked = f'subscription(subscription: "{NAME}")'
    query = f"{{ {asked} {{ topicName topic {{ name labels {{ key }} }} }} }}"
    answer = await client.post("/graphql", json={"query": query})
    body = answer.json()
    assert "errors" not in body, body
    found = body["data"]["subscription"]
    assert found["topic"]["name"] == found["topicName"]
    assert found["topicName"].startswith("projects/")


async def test_the_document_has_what_the_overlay_has(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert len(paths) == 2
