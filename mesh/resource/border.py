"""The border between a service's domain and the mesh: one table of errors."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from mesh.errors import MeshError


class Border:
    """Turns the errors of a domain into those of the mesh.

    `table` says for each error of the domain the mesh's error, its reason, and its message, in
    which `{}` stands for the domain error's arguments. An error that is not in it is a bug and
    passes unchanged.
    """

    def __init__(self, table: Mapping[type[Exception], tuple[type[MeshError], str, str]]) -> None:
        self._table = dict(table)

    @contextmanager
    def crossed(self) -> Iterator[None]:
        """Translates what is raised within.

        Raises:
            MeshError: what the table says of a domain error.
        """
        try:
            yield
        except Exception as error:
            if type(error) not in self._table:
                raise
            kind, reason, message = self._table[type(error)]
            raise kind(message.format(*error.args), reason=reason) from error
