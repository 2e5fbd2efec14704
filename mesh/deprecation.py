"""How a method ends: when, and what comes after it."""

from dataclasses import dataclass
from datetime import date

from google.type import date_pb2

from selvedge.policy.v1 import policy_pb2


@dataclass(frozen=True, slots=True)
class Deprecation:
    """The end of a method. Days begin at midnight UTC; None or "" is what the contract leaves out.

    `successor` is the full name of a method, or of a service that has a method of the same name.
    """

    since: date | None
    sunset: date | None
    successor: str
    documentation_uri: str

    @classmethod
    def of(cls, said: policy_pb2.Deprecation) -> "Deprecation":
        """Returns what a policy says.

        Raises:
            ValueError: a day does not exist, or the end comes before the deprecation (RFC 9745).
        """
        since, sunset = _day(said.deprecate_date), _day(said.sunset_date)
        if since and sunset and sunset < since:
            raise ValueError(f"it ends on {sunset}, before it is deprecated on {since}")
        return cls(since, sunset, said.successor, said.documentation_uri)


def _day(said: date_pb2.Date) -> date | None:
    if not (said.year or said.month or said.day):
        return None
    try:
        return date(said.year, said.month, said.day)
    except ValueError as error:
        raise ValueError(f"{said.year}-{said.month}-{said.day} is no day") from error
