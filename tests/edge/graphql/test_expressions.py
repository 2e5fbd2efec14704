"""What an image calls its fields never runs as code."""

from types import SimpleNamespace

import pytest

from edge.graphql.expressions import Expression, attribute

NAMES = [
    "title", "class", "None", "__debug__", "__class__x", "m", "w", "1st", "a b", "'", "",
    "a or 1/0", "a}\n1/0\ndef z():\n    #", "a}\n    1/0\n    #", "\ufb01t", "title\n",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_never_code(name):
    source = SimpleNamespace(**{name: "its value"})
    assert Expression(attribute(name)).compiled()(source) == "its value"
    scope: dict[str, object] = {}
    exec(f"def p0(m, w):\n    d = {{'a': {attribute(name)}}}\n    return d", scope)  # noqa: S102 - as a plan does
    assert scope["p0"](source, []) == {"a": "its value"}
