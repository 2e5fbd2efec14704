"""What an Accept header means to the endpoint."""

import pytest

from edge.graphql.http.formats import EVENTS, GRAPHQL, JSON, accepted


@pytest.mark.parametrize(
    ("accept", "best", "events"),
    [
        (b"", JSON, False),
        (b"*/*", JSON, False),
        (b"application/*", JSON, False),
        (GRAPHQL, GRAPHQL, False),
        (b"APPLICATION/GRAPHQL-RESPONSE+JSON", GRAPHQL, False),
        (JSON + b", " + GRAPHQL, GRAPHQL, False),
        (JSON + b", " + GRAPHQL + b";q=0.9", JSON, False),
        (b"*/*, " + GRAPHQL + b";q=0", JSON, False),
        (JSON + b";q=0, */*;q=0.1", GRAPHQL, False),
        (EVENTS, EVENTS, True),
        (EVENTS + b", " + JSON + b";q=0.9", EVENTS, True),
        (JSON + b", " + EVENTS, JSON, True),
        (JSON + b", " + EVENTS + b";q=0", JSON, False),
        (b"text/html", None, False),
        (b"text/*", None, False),
        (b"*/*;q=0", None, False),
        (b"text/html, " + b"x/y, " * 400 + JSON, None, False),
    ],
)
def test_the_best_format_and_whether_events_will_do(accept, best, events):
    assert accepted(accept) == (best, events)
