"""Examples for the documents: JSON by the full name of a message, held to the contracts."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from edge.codec import Codec, JsonValue
from edge.contracts.model import ContractError, Contracts
from edge.contracts.template import ONE
from mesh.errors import InvalidArgument


@dataclass(frozen=True, slots=True)
class Examples:
    """One JSON value a message."""

    values: Mapping[str, JsonValue]

    def parts(self, segments: tuple[str, ...]) -> list[str]:
        """Returns what fills the wildcards of a template in the name of some example; or []."""
        for value in self.values.values():
            parts = str(value.get("name", "")).split("/")
            pairs = list(zip(segments, parts, strict=False))
            if len(parts) == len(segments) and all(s in (ONE, part) for s, part in pairs):
                return [part for segment, part in pairs if segment == ONE]
        return []


NO_EXAMPLES = Examples({})


def read_examples(path: Path | None, contracts: Contracts) -> Mapping[str, bytes]:
    """Returns the examples of a file, if there is one, as serialized messages by full name.

    Raises:
        ContractError: the file cannot be read, or an example is no such message.
    """
    if path is None:
        return {}
    try:
        values = orjson.loads(path.read_bytes())
    except OSError as error:
        raise ContractError(f"cannot read the examples {path}: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise ContractError(f"the examples {path} are no JSON: {error}") from error
    if not isinstance(values, dict):
        raise ContractError(f"the examples {path} are no object of examples by message")
    for name in values.keys() - contracts.messages.keys():
        raise ContractError(f"there is an example of {name}, which the contracts do not hold")
    codec = Codec(contracts)
    return {name: _checked(name, value, codec) for name, value in values.items()}


def as_seen(examples: Mapping[str, bytes], contracts: Contracts, codec: Codec) -> Examples:
    """Returns the examples as an audience meets them: without what is hidden from it (R15)."""
    return Examples(
        {
            name: orjson.loads(codec.to_json(name, message))
            for name, message in examples.items()
            if name in contracts.messages
        }
    )


def _checked(name: str, value: JsonValue, codec: Codec) -> bytes:
    try:
        return codec.from_value(name, value)
    except InvalidArgument as error:
        raise ContractError(f"the example of {name}: {error.message}") from error
