"""`selvedge edge` as its users start it, in an empty folder and with nothing else of ours."""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

READY_SECONDS_MAX = 15.0
STOP_SECONDS_MAX = 10.0
READY = re.compile(r"ready at (http://[\d.]+:\d+)")


@asynccontextmanager
async def edge(
    image: Path, upstreams: Iterable[str], folder: Path, *more: str, **settings: str
) -> AsyncIterator[httpx.AsyncClient]:
    """Runs an edge in the empty folder until the block ends; yields a client of it."""
    words = [*more, *(word for pair in upstreams for word in ("--upstream", pair))]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli.main", "edge", "--port", "0", "--contracts", str(image)),
        *words,
        cwd=folder,
        env=_environment(settings),
        stdin=DEVNULL,
        stderr=PIPE,
    )
    lines: list[str] = []
    reading = asyncio.create_task(_read(process, lines))
    try:
        async with httpx.AsyncClient(base_url=await _ready(process, lines), timeout=10) as client:
            yield client
    finally:
        await _stop(process)
        await reading
    assert process.returncode == 0, "".join(lines)
    assert _left(folder) == []


def _left(folder: Path) -> list[Path]:
    """What the edge wrote into its working directory."""
    return list(folder.iterdir())


def _environment(settings: dict[str, str]) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SELVEDGE_")}
    return kept | {f"SELVEDGE_{name.upper()}": value for name, value in settings.items()}


async def _read(process: Process, lines: list[str]) -> None:
    assert process.stderr
    async for line in process.stderr:
        lines.append(line.decode())


async def _ready(process: Process, lines: list[str]) -> str:
    async def found() -> str:
        while True:
            for line in lines:
                if match := READY.search(line):
                    return match[1]
            assert process.returncode is None, "".join(lines)
            await asyncio.sleep(0.02)

    try:
        return await asyncio.wait_for(found(), READY_SECONDS_MAX)
    except TimeoutError:
        raise AssertionError(f"not ready in {READY_SECONDS_MAX} s: {''.join(lines)}") from None


async def _stop(process: Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    await asyncio.wait_for(process.wait(), STOP_SECONDS_MAX)
