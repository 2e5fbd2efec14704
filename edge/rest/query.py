"""The query of a request before anything is decoded: the edge's own parameters are taken out."""


def taken(query: bytes, name: bytes) -> tuple[bytes, list[bytes]]:
    """Returns a query without the parameters of one name, and their values as they came."""
    rest, values = [], []
    for pair in query.split(b"&"):
        found, _, value = pair.partition(b"=")
        if found == name:
            values.append(value)
        else:
            rest.append(pair)
    return b"&".join(rest), values
