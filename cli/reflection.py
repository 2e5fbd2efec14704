"""Contracts asked from a running server (gRPC server reflection)."""

import grpc
from google.protobuf import descriptor_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from edge.contracts.load import read_contracts
from edge.contracts.model import ContractError, Contracts

TIMEOUT_SECONDS = 5.0


def reflected_contracts(address: str, service: str) -> Contracts:
    """Returns the contract of one service, with all that it imports, from a server.

    Raises:
        ContractError: the server does not answer, has no reflection, or no such service.
    """
    tls = address.startswith("https://")
    target = address.removeprefix("https://").removeprefix("http://")
    with _channel(target, tls) as channel:
        try:
            grpc.channel_ready_future(channel).result(timeout=TIMEOUT_SECONDS)
            database = ProtoReflectionDescriptorDatabase(channel)
            files = _with_imports(database, database.FindFileContainingSymbol(service))
        except (grpc.RpcError, grpc.FutureTimeoutError) as error:
            raise ContractError(f"{target} does not answer with reflection") from error
        except KeyError as error:
            raise ContractError(f"{target} does not serve {service!r}") from error
    return read_contracts(descriptor_pb2.FileDescriptorSet(file=files).SerializeToString())


def _channel(target: str, tls: bool) -> grpc.Channel:
    if tls:
        return grpc.secure_channel(target, grpc.ssl_channel_credentials())
    return grpc.insecure_channel(target)


def _with_imports(
    database: ProtoReflectionDescriptorDatabase, file: descriptor_pb2.FileDescriptorProto
) -> list[descriptor_pb2.FileDescriptorProto]:
    """Returns the file and its imports, each before whoever imports it."""
    found: dict[str, descriptor_pb2.FileDescriptorProto] = {}

    def add(current: descriptor_pb2.FileDescriptorProto) -> None:
        for name in current.dependency:
            if name not in found:
                add(database.FindFileByName(name))
        found[current.name] = current

    add(file)
    return list(found.values())
