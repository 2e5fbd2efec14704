"""The last segment of a resource's name, where the service chooses it (AIP-122)."""

import secrets

IDENTIFIER_BYTES = 10


def new_identifier() -> str:
    """Returns an identifier that nobody guesses and nothing else has: 20 hexadecimal digits."""
    return secrets.token_hex(IDENTIFIER_BYTES)
