"""Text that matches pieces with anything between them, case-sensitive on every database."""

import re
from typing import Any

from sqlalchemy import Boolean, ColumnElement, String, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler


class _Wildcard(ColumnElement[bool]):
    """GLOB on SQLite, whose LIKE ignores case; LIKE elsewhere, which does not."""

    inherit_cache = False  # the patterns are bound in one form for each dialect
    type = Boolean()

    def __init__(self, column: ColumnElement[Any], pieces: tuple[str, ...]) -> None:
        glob = "*".join(re.sub(r"([*?\[])", r"[\1]", piece) for piece in pieces)
        like = "%".join(re.sub(r"([%_\\])", r"\\\1", piece) for piece in pieces)
        self.on_sqlite = column.op("GLOB", is_comparison=True)(literal(glob, String()))
        self.elsewhere = column.like(literal(like, String()), escape="\\")


@compiles(_Wildcard)
def _like(element: _Wildcard, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.elsewhere, **options)


@compiles(_Wildcard, "sqlite")
def _glob(element: _Wildcard, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.on_sqlite, **options)


def wildcard(column: ColumnElement[Any], pieces: tuple[str, ...]) -> ColumnElement[bool]:
    """Returns whether the column is the pieces in their order, with anything between them."""
    return _Wildcard(column, pieces)
