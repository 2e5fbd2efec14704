"""What a process says when the place of its data cannot be used, and where it keeps its data."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from mesh.config import MeshSettings
from mesh.process import Runtime
from mesh.startup import StartupError
from mesh.telemetry import tracing

MIGRATIONS = Path(__file__).parents[2] / "services" / "reviews" / "migrations"


def settings_in(data: Path, **more: object) -> MeshSettings:
    return MeshSettings.model_validate({"data": data, **more})


async def database_in(data: Path) -> None:
    async with AsyncExitStack() as closing:
        runtime = Runtime("shop", settings_in(data), closing, asyncio.Event())
        await runtime.database(MIGRATIONS)


async def test_a_data_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(StartupError, match=r"cannot write to .*; set SELVEDGE_DATA"):
        await database_in(tmp_path)


async def test_the_data_folder_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "what? 50%25 #1"
    await database_in(folder)
    assert (folder / "data" / "shop.db").stat().st_size > 0


def test_traces_that_cannot_be_written_are_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "traces").touch()
    with pytest.raises(StartupError, match=r"cannot write to .*; set SELVEDGE_DATA"):
        tracing.configure("shop", settings_in(tmp_path, traces="file"))
