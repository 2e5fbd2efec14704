"""Settings that every process of the mesh shares: read once at start, frozen, passed in."""

from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from mesh.startup import StartupError

PREFIX = "SELVEDGE_"


class MeshSettings(BaseSettings):
    """What a process of the mesh must know before it starts."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    profile: Literal["development", "production"] = Field(
        "development", description="production hides what only developers need"
    )
    data: Path = Field(Path(".selvedge"), description="folder of databases, leases and traces")
    database_url: str = Field(
        "",
        description="sqlite:///… or postgresql://… with {service} for the service's name; "
        "empty: an SQLite file below the data folder",
    )
    seed: bool = Field(True, description="fill an empty database with the example data")
    host: str = Field("127.0.0.1", description="address that gRPC servers listen on")
    port: int = Field(0, ge=0, le=65535, description="port of a gRPC server; 0: any free one")
    upstreams: Annotated[dict[str, str], NoDecode] = Field(
        default_factory=dict,
        description="fixed addresses, `catalog=127.0.0.1:5001,…`, instead of the lease directory",
    )
    drain_seconds: float = Field(5.0, ge=0, description="time that calls under way get at the end")
    message_bytes_max: int = Field(4 * 2**20, ge=1, description="largest gRPC message, in bytes")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="least serious line that is logged"
    )
    log_format: Literal["text", "json"] = Field("text", description="json: one object a line")
    traces: str = Field(
        "", description="where spans go: empty (nowhere), `file` (below the data folder), or a "
        "http:// address of an OpenTelemetry collector"
    )  # fmt: skip
    trace_sample: float = Field(1.0, ge=0, le=1, description="share of traces that are recorded")
    supervised: bool = Field(False, description="set by `selvedge up`: ends with standard input")

    @field_validator("upstreams", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [item.partition("=") for item in value.split(",") if item.strip()]
        if any(not (name and address) for name, _, address in pairs):
            raise ValueError("write it as name=host:port,name=host:port")
        return {name.strip(): address.strip() for name, _, address in pairs}

    @property
    def production(self) -> bool:
        """True in the production profile."""
        return self.profile == "production"


S = TypeVar("S", bound=BaseSettings)


def read_settings(kind: type[S]) -> S:
    """Returns the settings that the environment says.

    Raises:
        StartupError: a value cannot be used; every such value is named.
    """
    try:
        return kind()
    except ValidationError as error:
        problems = "; ".join(
            f"{PREFIX}{'.'.join(map(str, problem['loc'])).upper()}: {problem['msg']}"
            for problem in error.errors(include_url=False)
        )
        raise StartupError(f"settings cannot be used: {problems}") from error
