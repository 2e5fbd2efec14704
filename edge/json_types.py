"""protobuf-py's message classes of a set of contracts, read file by file where there are many.

Reading a file costs some milliseconds and a hundred kilobytes: whoever serves a few methods of
thousands should not wait for all of them at start. A few hundred are read at once.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from google.protobuf import descriptor_pb2
from protobuf import Message, Registry
from protobuf.wkt import FileDescriptorProto, FileDescriptorSet

from edge.contracts.model import Contracts

EAGER_FILES_MAX = 300
NAMED_MAX = 16
"""How many types a message or a body may make us read: whoever names more is up to no good."""
_TYPE_URL = re.compile(rb"/([A-Za-z_][A-Za-z0-9_.]*)")


class JsonTypes:
    """The message classes by full name. `registry` holds those that were read so far."""

    def __init__(self, contracts: Contracts, eager_files_max: int = EAGER_FILES_MAX) -> None:
        self._messages = contracts.messages
        self._files, self._imports = _files(contracts.image)
        self._read: set[str] = set()
        self.registry = Registry()
        if len(self._files) <= eager_files_max:
            self._add(self._files)

    def message(self, type_name: str) -> type[Message] | None:
        """Returns the class of a message, None where the contracts do not hold it."""
        self._read_file_of(type_name)
        found = self.registry.message(type_name)
        return found.type if found else None

    def read_named(self, data: bytes) -> bool:
        """Reads the types that an Any in a message or in JSON names; says whether there were new.

        Not every name that looks like one is one: it is read in vain then, NAMED_MAX at most.
        """
        names = {name.decode() for name in _TYPE_URL.findall(data)}
        new = (name for name in names if self._read_file_of(name))
        return bool(list(islice(new, NAMED_MAX)))

    def _read_file_of(self, type_name: str) -> bool:
        message = self._messages.get(type_name)
        if message is None or message.file in self._read:
            return False
        self._add(_with_imports(message.file, self._imports))
        return True

    def _add(self, names: Iterable[str]) -> None:
        """Reads files with all that they import; what was read before is read again with them.

        A file's types refer to those of its imports, so each reading is whole in itself.
        """
        wanted = list(names)
        self._read.update(wanted)
        files = [FileDescriptorProto.from_binary(self._files[name]) for name in wanted]
        self.registry.add(FileDescriptorSet(file=files).to_registry())


def _files(image: bytes) -> tuple[Mapping[str, bytes], Mapping[str, tuple[str, ...]]]:
    """Returns the files by name, serialized and without comments, and what each imports."""
    files, imports = {}, {}
    for file in descriptor_pb2.FileDescriptorSet.FromString(image).file:
        file.ClearField("source_code_info")
        files[file.name] = file.SerializeToString()
        imports[file.name] = tuple(file.dependency)
    return files, imports


def _with_imports(name: str, imports: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Yields what a file imports, directly or not, imports first, and the file itself."""
    seen: set[str] = set()

    def walk(name: str) -> Iterator[str]:
        seen.add(name)
        for imported in imports[name]:
            if imported not in seen:
                yield from walk(imported)
        yield name

    return walk(name)
