"""Message classes of a set of contracts, to read single fields of an answer.

GraphQL reads a few fields of many messages: here parsing is four times as fast as writing the
whole message as JSON. Whole messages go through `edge/codec.py`.
"""

from collections.abc import Iterator, Mapping

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

from edge.contracts.model import Contracts
from mesh.errors import Internal


class Messages:
    """The message classes, by full name; the descriptors are read when first needed."""

    def __init__(self, contracts: Contracts) -> None:
        self._image = contracts.image
        self._pool: descriptor_pool.DescriptorPool | None = None
        self._classes: dict[str, type[Message]] = {}

    @property
    def pool(self) -> descriptor_pool.DescriptorPool:
        """The pool that knows every type of the contracts."""
        if self._pool is None:
            self._pool = _pool(self._image)
        return self._pool

    def read(self, full_name: str, data: bytes) -> Message:
        """Returns the message that the bytes hold.

        Raises:
            Internal: the bytes are no such message.
        """
        made = self._classes.get(full_name) or self._class(full_name)
        try:
            return made.FromString(data)
        except DecodeError as error:
            raise Internal(f"an upstream answered what is no {full_name}") from error

    def make(self, full_name: str, fields: Mapping[str, object]) -> Message:
        """Returns a message with these fields set, by their proto names."""
        made = self._classes.get(full_name) or self._class(full_name)
        return made(**fields)

    def _class(self, full_name: str) -> type[Message]:
        descriptor = self.pool.FindMessageTypeByName(full_name)
        return self._classes.setdefault(full_name, message_factory.GetMessageClass(descriptor))


def _pool(image: bytes) -> descriptor_pool.DescriptorPool:
    files = descriptor_pb2.FileDescriptorSet.FromString(image).file
    pool = descriptor_pool.DescriptorPool()
    for file in _imports_first({file.name: file for file in files}):
        file.ClearField("source_code_info")
        pool.AddSerializedFile(file.SerializeToString())
    return pool


def _imports_first(
    files: Mapping[str, descriptor_pb2.FileDescriptorProto],
) -> Iterator[descriptor_pb2.FileDescriptorProto]:
    """Yields each file behind those that it imports: not every producer of images sorts them."""
    done: set[str] = set()
    waiting = [(name, False) for name in reversed(list(files))]
    while waiting:
        name, ready = waiting.pop()
        if name in done or name not in files:
            continue
        if ready:
            done.add(name)
            yield files[name]
        else:
            waiting.append((name, True))
            waiting += [(wanted, False) for wanted in files[name].dependency]
