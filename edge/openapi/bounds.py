"""What protovalidate asks of a value, in the words of JSON Schema (R18).

A schema never refuses what the owner takes: a rule that JSON Schema cannot say is left out, and one
that an empty value may break is widened. So `ignore` and RE2 need care, and 64-bit integers, which
are strings in JSON, keep their limits in prose.
"""

import re
from math import ceil
from typing import Any

from edge.contracts.constraints import Constraints
from edge.contracts.model import EnumType, Field, Kind
from edge.contracts.template import DEEP, ONE

Schema = dict[str, Any]

_LONG = frozenset({Kind.INT64, Kind.UINT64, Kind.SINT64, Kind.FIXED64, Kind.SFIXED64})
_FORMATS = {"uri_ref": "uri-reference", "UUID4": "uuid", "IPV4": "ipv4", "IPV6": "ipv6"}
# RE2 and ECMA-262 agree on the rest of the language.
_RE2_ALONE = re.compile(r"\(\?(?!:)|\\[AzQECpP]|\[\[:")
_NUMBERS = {
    "at_least": ("minimum", "at least"),
    "above": ("exclusiveMinimum", "above"),
    "at_most": ("maximum", "at most"),
    "below": ("exclusiveMaximum", "below"),
}


def bounds(field: Field, rules: Constraints, enum: EnumType | None = None) -> Schema:
    """Returns the keywords for one value of a field: of a list an item, of a map a value."""
    if field.is_message:  # of a wrapper, whose rules are those of what it wraps
        return {}
    if field.kind is Kind.STRING:
        return _text(field, rules) | _choice(rules)
    if field.kind is Kind.BYTES:
        return _base64(rules)
    if field.kind is Kind.ENUM:
        return _names(rules, enum) if enum else {}
    if field.kind in _LONG:
        return _choice(rules, str)
    return _numbers(rules) | _choice(rules)


def list_bounds(rules: Constraints) -> Schema:
    """Returns the keywords for a list."""
    lengths = _lengths(rules, "minItems", "maxItems")
    return lengths | {"uniqueItems": True} if rules.unique else lengths


def map_bounds(rules: Constraints) -> Schema:
    """Returns the keywords for a map, but for its values."""
    keys = _lengths(rules.keys, "minLength", "maxLength") if rules.keys else {}
    if rules.keys and (pattern := portable(rules.keys.pattern)):
        keys["pattern"] = pattern
    counted = _lengths(rules, "minProperties", "maxProperties")
    return counted | {"propertyNames": keys} if keys else counted


def in_prose(field: Field) -> str:
    """Returns the limits that the schema of a 64-bit integer cannot hold, as a sentence."""
    if field.kind not in _LONG:
        return ""
    said = [
        f"{words} {found}"
        for name, (_, words) in _NUMBERS.items()
        if (found := getattr(field.constraints, name)) is not None
    ]
    return f"{' and '.join(said).capitalize()}." if said else ""


def demanded(field: Field) -> bool:
    """Says whether a request must hold a field: it is REQUIRED, or its default value is refused.

    Without presence, unset is the default value, which protovalidate checks too.
    """
    if "OUTPUT_ONLY" in field.behaviors:
        return False
    rules = field.constraints
    if field.required or rules.required:
        return True
    return not (field.presence or rules.zero_passes) and _refuses_zero(field, rules)


def portable(pattern: str) -> str:
    """Returns an RE2 pattern if it means the same in ECMA-262, else ""."""
    return "" if _RE2_ALONE.search(pattern) else pattern


def segment_patterns(segments: tuple[str, ...], pattern: str) -> list[str]:
    """Returns the part of an anchored pattern for each wildcard of a path template, "" unknown."""
    wild = [segment for segment in segments if segment in (ONE, DEEP)]
    unknown = [""] * len(wild)
    if not (portable(pattern) and pattern.startswith("^") and pattern.endswith("$")):
        return unknown
    parts = _parts(pattern[1:-1])
    if len(parts) != len(segments) or DEEP in segments:
        return unknown
    pairs = list(zip(segments, parts, strict=True))
    if any(segment != ONE and segment != part for segment, part in pairs):
        return unknown
    return [f"^{part}$" for segment, part in pairs if segment == ONE]


def _parts(pattern: str) -> list[str]:
    """Splits at the slashes that are outside of any bracket; [] where a choice is outside too."""
    parts, depth = [""], 0
    for piece in re.findall(r"\\.|\[(?:\\.|[^\]])*\]|.", pattern):
        depth += (piece == "(") - (piece == ")")
        if piece == "|" and depth == 0:
            return []
        if piece == "/" and depth == 0:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def _refuses_zero(field: Field, rules: Constraints) -> bool:
    if field.repeated or field.kind in (Kind.STRING, Kind.BYTES):
        zero: Any = ""
        if (rules.length_min or 0) > 0 or rules.format not in ("", "uri_ref"):
            return True
        if field.repeated:
            return False
        if rules.pattern and not _matches_nothing(rules.pattern):
            return True
    else:
        zero = 0
    return _outside(zero, rules)


def _matches_nothing(pattern: str) -> bool:
    try:
        return re.search(pattern, "") is not None
    except re.error:
        return True


def _outside(zero: Any, rules: Constraints) -> bool:
    low, high = rules.at_least, rules.at_most
    return (
        (rules.const is not None and rules.const != zero)
        or (bool(rules.among) and zero not in rules.among)
        or zero in rules.none_of
        or (low is not None and low > 0)
        or (high is not None and high < 0)
        or (rules.above is not None and rules.above >= 0)
        or (rules.below is not None and rules.below <= 0)
    )


def _text(field: Field, rules: Constraints) -> Schema:
    schema = _lengths(rules, "minLength", "maxLength")
    if pattern := portable(rules.pattern):
        schema["pattern"] = f"^$|{pattern}" if rules.zero_passes else pattern
    if found := rules.format or field.format:
        schema |= {"format": name} if (name := _FORMATS.get(found, found)).islower() else {}
    return schema


def _lengths(rules: Constraints, shortest: str, longest: str) -> Schema:
    schema: Schema = {}
    if rules.length_min and not rules.zero_passes:
        schema[shortest] = rules.length_min
    if rules.length_max is not None:
        schema[longest] = rules.length_max
    return schema


def _base64(rules: Constraints) -> Schema:
    schema: Schema = {}
    if rules.length_min and not rules.zero_passes:
        schema["minLength"] = ceil(rules.length_min * 4 / 3)
    if rules.length_max is not None:
        schema["maxLength"] = 4 * ceil(rules.length_max / 3)
    return schema


def _numbers(rules: Constraints) -> Schema:
    schema: Schema = {
        keyword: value
        for name, (keyword, _) in _NUMBERS.items()
        if (value := getattr(rules, name)) is not None
    }
    return _around_zero(schema) if rules.zero_passes else schema


def _around_zero(schema: Schema) -> Schema:
    """Widens limits so that 0 is within them."""
    low = schema.pop("exclusiveMinimum", None) if schema.get("exclusiveMinimum", -1) >= 0 else None
    high = schema.pop("exclusiveMaximum", None) if schema.get("exclusiveMaximum", 1) <= 0 else None
    if low is not None or schema.get("minimum", 0) > 0:
        schema["minimum"] = 0
    if high is not None or schema.get("maximum", 0) < 0:
        schema["maximum"] = 0
    return schema


def _choice(rules: Constraints, write: Any = lambda value: value) -> Schema:
    schema: Schema = {}
    if rules.zero_passes:
        return schema
    if rules.const is not None:
        schema["const"] = write(rules.const)
    if rules.among:
        schema["enum"] = list(map(write, rules.among))
    if rules.none_of:
        schema["not"] = {"enum": list(map(write, rules.none_of))}
    return schema


def _names(rules: Constraints, enum: EnumType) -> Schema:
    names = {value.number: value.name for value in reversed(enum.values)}
    allowed = rules.among if rules.const is None else (rules.const,)
    if rules.zero_passes or not (allowed or rules.none_of):
        return {}
    return {
        "enum": [
            name
            for number, name in sorted(names.items())
            if number not in rules.none_of and (not allowed or number in allowed)
        ]
    }
