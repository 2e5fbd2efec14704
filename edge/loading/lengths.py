"""How long lists are taken to be before anybody knows: what joins below them cost follows."""

FIRST_ABSENT = 20
"""A page of which no size was asked for."""
REPEATED_LENGTH = 5
"""A list inside an object, or a repeated join."""
