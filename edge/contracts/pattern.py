"""Resource name patterns (AIP-122): `products/{product}/reviews/{review}`."""

import re
from dataclasses import dataclass
from functools import cached_property

WILDCARD = "*"
_VARIABLE = re.compile(r"\{([^{}=]*)(=[^{}]*)?\}")


@dataclass(frozen=True)
class Pattern:
    """One pattern. The pattern `*` matches every name and has no variables."""

    text: str

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables, from left to right."""
        return tuple(match[1] for match in _VARIABLE.finditer(self.text))

    @cached_property
    def shape(self) -> str:
        """The text without the names of its variables: equal for patterns of equal names."""
        return _VARIABLE.sub("{}", self.text)

    @cached_property
    def collection(self) -> str:
        """The last literal segment: `reviews`, or `ratingSummary` of a singleton; "" if none."""
        literals = [part for part in self.text.split("/") if part != WILDCARD and "{" not in part]
        return literals[-1] if literals else ""

    @cached_property
    def parent(self) -> "Pattern | None":
        """The pattern of the parent's names; None at the top.

        A singleton's parent is what stands before its one literal.
        """
        parts = self.text.split("/")
        drop = 2 if "{" in parts[-1] and len(parts) > 1 and "{" not in parts[-2] else 1
        rest = "/".join(parts[:-drop])
        return Pattern(rest) if "{" in rest else None

    def matches(self, name: str) -> dict[str, str] | None:
        """Returns the values of the variables in a name, or None for another name."""
        match = self._regex.fullmatch(name)
        return dict(zip(self.variables, match.groups(), strict=True)) if match else None

    def format(self, **values: str) -> str:
        """Returns the name with these values.

        Raises:
            KeyError: a variable has no value.
        """
        return _VARIABLE.sub(lambda match: values[match[1]], self.text)

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        if self.text == WILDCARD:
            return re.compile(".+", re.DOTALL)
        pieces, end = [], 0
        for match in _VARIABLE.finditer(self.text):
            deep = "**" in (match[2] or "")
            pieces += [re.escape(self.text[end : match.start()]), "(.+)" if deep else "([^/]+?)"]
            end = match.end()
        return re.compile("".join((*pieces, re.escape(self.text[end:]))), re.DOTALL)
