from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Boolean, Column, Double, Integer, MetaData, Table, insert
from sqlalchemy.ext.asyncio import AsyncEngine

from mesh.listing import (
    BooleanField,
    Collection,
    EnumField,
    NumberField,
    TextField,
    TimestampField,
)
from mesh.store import TEXT, Instant, open_engine, writing

metadata = MetaData()
table = Table(
    "things",
    metadata,
    Column("name", TEXT, primary_key=True),
    Column("parent", TEXT, nullable=False),
    Column("title", TEXT, nullable=False),
    Column("weight", Integer),
    Column("rating", Double, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("state", TEXT, nullable=False),
    Column("made", Instant, nullable=False),
)


@dataclass(frozen=True)
class Thing:
    name: str
    parent: str
    title: str
    weight: int | None
    rating: float
    active: bool
    state: str
    made: datetime


TITLES = (
    "",
    "Oak",
    "oak",
    "Oak Table",
    "100% oak",
    "o*k",
    "o[a]k",
    "o_k",
    "a\\b",
    "Öl",
    "öl",
    "k?",
)
WEIGHTS = (None, 0, 5, -3, 2**31 - 1, 5, None, 12)
START = datetime(2026, 1, 1, tzinfo=UTC)
THINGS = tuple(
    Thing(
        name=f"things/{number:02}",
        parent=f"parents/{number % 4}",
        title=TITLES[number % len(TITLES)],
        weight=WEIGHTS[number % len(WEIGHTS)],
        rating=(number % 5) / 2,
        active=number % 3 == 0,
        state=("NEW", "OLD")[number % 2],
        made=START + timedelta(hours=number % 6, microseconds=number % 2),
    )
    for number in range(30)
)


@pytest.fixture
def collection() -> Collection:
    return Collection(
        table,
        {
            "title": TextField(table.c.title),
            "weight": NumberField(table.c.weight, nullable=True),
            "rating": NumberField(table.c.rating),
            "active": BooleanField(table.c.active),
            "state": EnumField(table.c.state, values={"STATE_NEW": "NEW", "STATE_OLD": "OLD"}),
            "made": TimestampField(table.c.made),
        },
    )


@pytest.fixture
def things() -> tuple[Thing, ...]:
    return THINGS


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database_url)
    async with writing(engine) as db:
        await db.run_sync(metadata.create_all)
        await db.execute(insert(table), [asdict(thing) for thing in THINGS])
    yield engine
    await engine.dispose()
