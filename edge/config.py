"""Settings of the edge: read once at start, frozen, passed in."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from edge.contracts.audience import PUBLIC, labels_of

_ORIGIN = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?")
# gRPC reserves `grpc-` and reads `-bin` as base64: neither may come from outside.
_FORWARDABLE = re.compile(r"(?!grpc-)[a-z0-9_.-]+(?<!-bin)")
_AUDIENCE = re.compile(r"[a-z][a-z0-9-]{0,62}")


class EdgeSettings(BaseSettings):
    """What the public door must know before it opens."""

    model_config = SettingsConfigDict(env_prefix="SELVEDGE_", frozen=True, extra="ignore")

    profile: Literal["development", "production"] = Field(
        "development", description="production hides what only developers need"
    )
    host: str = Field("127.0.0.1", description="address that the edge listens on")
    edge_port: int = Field(
        8080, ge=0, le=65535, description="port that the edge listens on; 0: any free one"
    )
    workers: int = Field(1, ge=1, le=64, description="edge processes that share the port")
    rest_errors: Literal["problem", "google"] = Field(
        "problem", description="problem: RFC 9457; google: the body of AIP-193"
    )
    rest_defaults: Literal["emit", "omit"] = Field(
        "emit", description="whether REST writes fields that hold their default value"
    )
    unknown_fields: Literal["reject", "ignore"] = Field(
        "reject", description="what becomes of unknown JSON fields and query parameters"
    )
    route_conflicts: Literal["error", "first"] = Field(
        "error", description="two bindings for the same paths: refuse to start, or keep the first"
    )
    forward_headers: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="request headers that become metadata, comma separated"
    )
    operation_poll_seconds: float = Field(
        1.0, gt=0, description="how soon a subscription asks again for an operation that changed"
    )
    operation_poll_seconds_max: float = Field(
        30.0, gt=0, description="how late it asks again for one that does not change"
    )
    graphql_bare_packages: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="packages whose GraphQL names stay bare beside other versions, comma "
        "separated; without it, of each package the oldest version",
    )
    overlays: Annotated[tuple[Path, ...], NoDecode] = Field(
        (), description="overlays over the contracts (docs/overlays.md), comma separated"
    )
    audience_labels: Annotated[Mapping[str, frozenset[str]], NoDecode] = Field(
        {},
        description="audiences beside public and the visibility labels that each may see, for "
        "example partner=PARTNER,PREVIEW;internal=INTERNAL",
    )
    graphql_init_seconds: float = Field(
        10.0, gt=0, le=10, description="time in which a GraphQL socket must begin"
    )
    graphql_subscriptions_max: int = Field(
        100, ge=1, description="most operations at a time on one GraphQL socket"
    )
    graphql_operations: Path | None = Field(
        None, description="manifest of trusted GraphQL operations; where it is set no other runs"
    )
    graphql_get_by_hash: bool | None = Field(
        None,
        description="whether GET takes only documents named by hash; by default in production",
    )
    graphql_persisted_bytes_max: int = Field(
        2**20, ge=0, description="most that GraphQL documents kept by their hash may take, in bytes"
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="origins whose pages may call the edge, with cookies, comma separated; "
        "`*` alone: all, without",
    )
    openapi_title: str = Field("API", description="title of the OpenAPI documents")
    examples: Path | None = Field(
        None, description="examples for the OpenAPI documents: JSON by full name of a message"
    )
    openapi_version: str = Field("1", description="version that the OpenAPI documents say")
    body_bytes_max: int = Field(2**20, ge=1, description="longest request body, in bytes")
    upload_bytes_max: int = Field(
        2**30, ge=1, description="longest body of an upload, which is handed on in pieces, in bytes"
    )
    header_bytes_max: int = Field(
        32 * 2**10, ge=1, description="longest request header section, in bytes"
    )
    headers_max: int = Field(100, ge=1, description="most header fields of a request")
    target_bytes_max: int = Field(8 * 2**10, ge=1, description="longest path and query, in bytes")
    parameters_max: int = Field(500, ge=1, description="most query parameters of a request")
    json_depth_max: int = Field(64, ge=1, description="deepest nesting of a JSON body")
    graphql_document_bytes_max: int = Field(
        16 * 2**10, ge=1, description="longest GraphQL document, in bytes"
    )
    graphql_tokens_max: int = Field(
        1_000, ge=1, description="most tokens of a GraphQL document, and most selections in it"
    )
    graphql_depth_max: int = Field(8, ge=1, description="deepest path of GraphQL fields")
    graphql_aliases_max: int = Field(15, ge=0, description="most aliases of a GraphQL operation")
    graphql_root_fields_max: int = Field(
        10, ge=1, description="most root fields of a GraphQL operation"
    )
    graphql_directives_max: int = Field(
        50, ge=0, description="most directives of a GraphQL operation"
    )
    graphql_cost_max: int = Field(1_000, ge=1, description="most that a GraphQL operation may cost")
    graphql_first_max: int = Field(
        100, ge=1, description="most nodes that one GraphQL list may be asked for"
    )
    read_seconds: float = Field(2.0, gt=0, description="time that a request that reads may take")
    write_seconds: float = Field(10.0, gt=0, description="time that a request that writes may take")

    @field_validator("overlays", mode="before")
    @classmethod
    def _paths(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(path.strip() for path in value.split(",") if path.strip())

    @field_validator("audience_labels", mode="before")
    @classmethod
    def _audiences(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [pair.partition("=") for pair in value.split(";") if pair.strip()]
        return {name.strip(): labels_of(labels) for name, _, labels in pairs}

    @field_validator("audience_labels")
    @classmethod
    def _named(cls, audiences: Mapping[str, frozenset[str]]) -> Mapping[str, frozenset[str]]:
        for name, labels in audiences.items():
            if not _AUDIENCE.fullmatch(name) or name in (PUBLIC, "assets"):
                raise ValueError(f"{name!r} cannot name an audience")
            if not labels:
                raise ValueError(f"the audience {name!r} has no labels: it is the public one")
        return audiences

    batch_reads: bool = Field(
        True, description="whether reads of different requests that come together share calls"
    )
    batch_wait_seconds_max: float = Field(
        0.02, ge=0, description="time that a read waits at most for the calls under way, to share"
    )
    batch_calls_max: int = Field(
        1, ge=1, description="calls of one kind under way behind which further reads wait"
    )
    batch_keys_max: int = Field(100, ge=1, description="most keys that one batch asks for")
    cache_bytes_max: int = Field(
        64 * 2**20, ge=0, description="most that kept answers may take of memory; 0: keep none"
    )
    cache_url: str = Field(
        "", description="keep answers in Redis instead, `redis://host:port/0`, for all edges"
    )
    cache_wait_seconds_max: float = Field(
        0.05, gt=0, description="time after which Redis counts as one that has nothing"
    )
    server_timing: bool | None = Field(
        None, description="whether answers say how long they took; by default in development"
    )
    stream_heartbeat_seconds: float = Field(
        10.0, gt=0, description="time after which a silent stream of events says that it lives"
    )

    @field_validator("forward_headers", "graphql_bare_packages", "cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(name.strip().lower() for name in value.split(",") if name.strip())

    @field_validator("forward_headers")
    @classmethod
    def _forwardable(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not _FORWARDABLE.fullmatch(name):
                raise ValueError(f"{name!r} cannot become metadata")
        return names

    @field_validator("cors_origins")
    @classmethod
    def _exact(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        if origins == ("*",):
            return origins
        for origin in origins:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin!r} is no origin such as https://shop.example")
        return origins

    @property
    def graphql_gets_by_hash(self) -> bool:
        """True where a GET must name its GraphQL document by hash."""
        return self.production if self.graphql_get_by_hash is None else self.graphql_get_by_hash

    @property
    def audiences(self) -> Mapping[str, frozenset[str]]:
        """The labels that each audience may see, the public one's first: it has none (R15)."""
        return {PUBLIC: frozenset(), **self.audience_labels}

    @property
    def tells_timing(self) -> bool:
        """True where answers have a `Server-Timing` header."""
        return not self.production if self.server_timing is None else self.server_timing

    @property
    def production(self) -> bool:
        """True in the production profile."""
        return self.profile == "production"
