import re
from dataclasses import replace
from typing import Any

import pytest

from edge.contracts.constraints import NONE, Constraints
from edge.contracts.model import EnumType, EnumValue, Field, Kind
from edge.openapi.bounds import (
    bounds,
    demanded,
    in_prose,
    list_bounds,
    map_bounds,
    portable,
    segment_patterns,
)

FIELD = Field(
    name="f",
    json_name="f",
    number=1,
    kind=Kind.STRING,
    type_name="",
    repeated=False,
    presence=False,
    oneof="",
    behaviors=frozenset(),
    reference="",
    child_reference="",
    constraints=NONE,
    default="",
    comment="",
    deprecated=False,
)
LEVEL = EnumType(
    "p.Level", "p", ("Level",), "p.proto",
    tuple(EnumValue(name, number, "", False) for number, name in enumerate(["NONE", "A", "B"])),
    "", False,
)  # fmt: skip


def of(kind: Kind, **rules: Any) -> dict[str, Any]:
    found = bounds(replace(FIELD, kind=kind), Constraints(**rules), LEVEL)
    return found


@pytest.mark.parametrize(
    ("kind", "rules", "keywords"),
    [
        (Kind.STRING, {}, {}),
        (Kind.STRING, {"length_min": 1, "length_max": 9}, {"minLength": 1, "maxLength": 9}),
        (Kind.STRING, {"length_min": 1, "zero_passes": True}, {}),
        (Kind.STRING, {"pattern": "^a$"}, {"pattern": "^a$"}),
        (Kind.STRING, {"pattern": "^a$", "zero_passes": True}, {"pattern": "^$|^a$"}),
        (Kind.STRING, {"pattern": "(?i)^a$"}, {}),
        (Kind.STRING, {"format": "uri_ref"}, {"format": "uri-reference"}),
        (Kind.STRING, {"const": "a"}, {"const": "a"}),
        (Kind.STRING, {"among": ("a", "b")}, {"enum": ["a", "b"]}),
        (Kind.STRING, {"none_of": ("a",)}, {"not": {"enum": ["a"]}}),
        (Kind.BYTES, {"length_min": 1, "length_max": 4}, {"minLength": 2, "maxLength": 8}),
        (Kind.INT32, {"at_least": 1, "at_most": 5}, {"minimum": 1, "maximum": 5}),
        (Kind.INT32, {"at_least": 1, "at_most": 5, "zero_passes": True},
         {"minimum": 0, "maximum": 5}),
        (Kind.DOUBLE, {"above": 0, "below": 2}, {"exclusiveMinimum": 0, "exclusiveMaximum": 2}),
        (Kind.DOUBLE, {"above": 0, "zero_passes": True}, {"minimum": 0}),
        (Kind.DOUBLE, {"below": -1, "zero_passes": True}, {"maximum": 0}),
        (Kind.BOOL, {"const": True}, {"const": True}),
        (Kind.INT64, {"at_least": 1}, {}),
        (Kind.INT64, {"among": (1, 2)}, {"enum": ["1", "2"]}),
        (Kind.ENUM, {"none_of": (0,)}, {"enum": ["A", "B"]}),
        (Kind.ENUM, {"among": (1,)}, {"enum": ["A"]}),
        (Kind.ENUM, {}, {}),
        (Kind.MESSAGE, {"length_min": 1}, {}),
    ],
)  # fmt: skip
def test_rules_become_keywords(kind: Kind, rules: dict[str, Any], keywords: dict[str, Any]) -> None:
    assert of(kind, **rules) == keywords


def test_lists_and_maps_have_keywords_of_their_own() -> None:
    rules = Constraints(length_min=1, length_max=3, unique=True)
    assert list_bounds(rules) == {"minItems": 1, "maxItems": 3, "uniqueItems": True}
    rules = Constraints(length_max=3, keys=Constraints(length_min=1, pattern="^k"))
    keys = {"minLength": 1, "pattern": "^k"}
    assert map_bounds(rules) == {"maxProperties": 3, "propertyNames": keys}


def test_limits_of_64_bit_integers_are_told() -> None:
    rules = Constraints(at_least=1, below=9)
    assert in_prose(replace(FIELD, kind=Kind.INT64, constraints=rules)) == "At least 1 and below 9."
    assert in_prose(replace(FIELD, kind=Kind.INT32, constraints=rules)) == ""


@pytest.mark.parametrize(
    ("wanted", "changes"),
    [
        (False, {}),
        (True, {"behaviors": frozenset({"REQUIRED"})}),
        (False, {"behaviors": frozenset({"REQUIRED", "OUTPUT_ONLY"})}),
        (True, {"constraints": Constraints(required=True)}),
        (True, {"constraints": Constraints(length_min=1)}),
        (False, {"constraints": Constraints(length_min=1), "presence": True}),
        (False, {"constraints": Constraints(length_min=1, zero_passes=True)}),
        (True, {"constraints": Constraints(pattern="^a$")}),
        (False, {"constraints": Constraints(pattern="^a?$")}),
        (False, {"constraints": Constraints(pattern="a(?P<")}),
        (True, {"constraints": Constraints(format="uuid")}),
        (False, {"constraints": Constraints(format="uri_ref")}),
        (True, {"constraints": Constraints(length_min=1), "repeated": True}),
        (False, {"constraints": Constraints(pattern="^a$"), "repeated": True}),
        (True, {"kind": Kind.INT32, "constraints": Constraints(at_least=1)}),
        (False, {"kind": Kind.INT32, "constraints": Constraints(at_least=0)}),
        (True, {"kind": Kind.INT32, "constraints": Constraints(above=0)}),
        (True, {"kind": Kind.ENUM, "constraints": Constraints(none_of=(0,))}),
    ],
)
def test_what_an_unset_field_breaks_is_demanded(wanted: bool, changes: dict[str, Any]) -> None:
    assert demanded(replace(FIELD, **changes)) is wanted


@pytest.mark.parametrize(
    ("pattern", "same"),
    [
        ("^[a-z]+$", True),
        ("(?:a)", True),
        ("(?i)a", False),
        (r"\pL", False),
        ("[[:alpha:]]", False),
    ],
)
def test_only_what_both_languages_read_alike_is_told(pattern: str, same: bool) -> None:
    assert (portable(pattern) == pattern) is same


@pytest.mark.parametrize(
    ("template", "pattern", "parts"),
    [
        ("products/*", "^products/[^/]{1,63}$", ["^[^/]{1,63}$"]),
        ("a/*/b/*", r"^a/[^/]+/b/([a-z]/?)+$", ["^[^/]+$", "^([a-z]/?)+$"]),
        ("products/*", "^products/a|b$", [""]),
        ("products/*", "^items/[^/]+$", [""]),
        ("products/*", "products/x", [""]),
        ("products/**", "^products/[^/]+$", [""]),
        ("a/*/b/*", "^a/x$", ["", ""]),
    ],
)
def test_a_pattern_of_a_name_is_split_among_the_segments(
    template: str, pattern: str, parts: list[str]
) -> None:
    assert segment_patterns(tuple(template.split("/")), pattern) == parts
    assert all(re.compile(part) for part in parts)
