import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from sqlalchemy import text

from mesh.config import MeshSettings
from mesh.store import open_engine
from mesh.telemetry import tracing
from mesh.telemetry.database import trace_statements


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[TracerProvider]:
    """Traces to a file while the test runs, and to nowhere afterwards."""
    yield tracing.configure(
        "test", MeshSettings.model_validate({"data": tmp_path, "traces": "file"})
    )
    tracing.configure("test", MeshSettings.model_validate({"data": tmp_path, "traces": ""}))


async def test_statements_of_a_call_have_spans_and_others_have_none(
    provider: TracerProvider, tmp_path: Path
) -> None:
    engine = open_engine("memory")
    trace_statements(engine)
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 'in the background'"))
        with tracing.tracer().start_as_current_span("call"):
            await connection.execute(text("SELECT 'for a call'"))
        await connection.execute(text("SELECT 'in the background again'"))
    await engine.dispose()
    provider.shutdown()
    lines = (tmp_path / "traces" / "test.jsonl").read_text(encoding="utf-8").splitlines()
    spans = {span["name"]: span for span in map(json.loads, lines)}
    assert set(spans) == {"call", "sqlite SELECT"}
    assert spans["sqlite SELECT"]["attributes"]["db.query.text"] == "SELECT 'for a call'"
