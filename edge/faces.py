"""The faces of one set of contracts: what each audience sees, ready to serve (R15)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from edge.call import Caller
from edge.codec import Codec
from edge.config import EdgeSettings
from edge.contracts.audience import view
from edge.contracts.load import read_contracts
from edge.contracts.model import ContractError, Contracts
from edge.graphql.handler import GraphQLApp, graphql_app
from edge.loading.reading import Reading
from edge.rest.handler import RestHandler


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """All that one audience meets. `contracts` holds nothing that is hidden from it."""

    audience: str
    contracts: Contracts
    codec: Codec
    reading: Reading
    rest: RestHandler
    graphql: GraphQLApp


def make_faces(contracts: Contracts, caller: Caller, settings: EdgeSettings) -> Mapping[str, Face]:
    """Returns the face of each audience, the public one first; those that see the same share it.

    Raises:
        ContractError: what an audience sees contradicts itself; the message names the audience.
    """
    by_image: dict[bytes, Face] = {}
    faces: dict[str, Face] = {}
    for audience, labels in settings.audiences.items():
        try:
            seen = contracts_for(contracts, labels)
            known = by_image.get(seen.image) or _face(audience, seen, caller, settings)
        except ContractError as error:
            raise ContractError(f"as {audience} sees them: {error}") from error
        by_image[seen.image] = known
        faces[audience] = replace(known, audience=audience)
    return faces


def contracts_for(contracts: Contracts, labels: frozenset[str]) -> Contracts:
    """Returns what an audience with these labels sees; the very same where nothing is hidden.

    Raises:
        ContractError: what is left is no set of contracts.
    """
    image = view(contracts.image, labels).image
    return contracts if image is contracts.image else read_contracts(image)


def _face(audience: str, contracts: Contracts, caller: Caller, settings: EdgeSettings) -> Face:
    codec = Codec(
        contracts,
        emit_defaults=settings.rest_defaults == "emit",
        ignore_unknown=settings.unknown_fields == "ignore",
    )
    reading = Reading(contracts, settings.graphql_bare_packages)
    return Face(
        audience,
        contracts,
        codec,
        reading,
        RestHandler(contracts, codec, reading, caller, settings),
        graphql_app(contracts, codec, reading, caller, settings),
    )
