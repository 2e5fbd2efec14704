"""The lease directory: discovery on one machine, with the file system as the only server.

An instance holds an exclusive lock on `<directory>/<service>/<instance>.json`. The kernel frees
the lock when the process ends, however it ends, so a lease whose lock is free is dead, and a
reader drops it. Every write is a new file, locked before it takes the old one's name: a reader
sees the old lease or the new one, never a half of either.
"""

import errno
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from mesh.discovery.resolver import Endpoint
from mesh.startup import StartupError


@dataclass(frozen=True, slots=True)
class Lease:
    """One instance: who it is, where it listens, and whether it takes calls."""

    service: str
    instance: str
    pid: int
    address: str
    ready: bool


class LeaseDirectory:
    """The leases of one mesh, below one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def endpoints(self, service: str) -> tuple[Endpoint, ...]:
        """Returns the addresses of the service's instances that take calls (a `Resolver`)."""
        leases = self._live(self._directory / service)
        return tuple(sorted(Endpoint(lease.address) for lease in leases if lease.ready))

    def leases(self) -> list[Lease]:
        """Returns every instance that is alive, by service and instance."""
        if not self._directory.is_dir():
            return []
        services = sorted(path for path in self._directory.iterdir() if path.is_dir())
        return [lease for service in services for lease in self._live(service)]

    def hold(self, service: str, instance: str) -> "HeldLease":
        """Takes the lease of a new instance, not ready yet.

        Raises:
            StartupError: the directory cannot be written.
        """
        lease = Lease(service, instance, os.getpid(), "", ready=False)
        return HeldLease(self._directory / service / f"{instance}.json", lease)

    def _live(self, folder: Path) -> Iterator[Lease]:
        try:
            paths = sorted(folder.glob("*.json"))
        except OSError as error:
            _raise_if_blind(error)
            return
        for path in paths:
            lease = _read_live(path)
            if lease:
                yield lease


class HeldLease:
    """The lease of this process. Give it back with `release`, or by ending."""

    def __init__(self, path: Path, lease: Lease) -> None:
        self._path = path
        self.lease = lease
        self._handle: int | None = None
        self._write(lease)

    def announce(self, address: str) -> None:
        """Says that the instance takes calls at the address."""
        self._write(replace(self.lease, address=address, ready=True))

    def withdraw(self) -> None:
        """Says that the instance takes no more calls, while it finishes those under way.

        Where that cannot be written, on a full disk for example, it gives the lease back.
        """
        try:
            self._write(replace(self.lease, ready=False))
        except StartupError:
            self.release()

    def release(self) -> None:
        """Gives the lease back."""
        if self._handle is not None:
            self._path.unlink(missing_ok=True)
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def _write(self, lease: Lease) -> None:
        try:
            handle = self._put(lease)
        except OSError as error:
            raise StartupError(
                f"cannot write to {self._path.parent}: {error.strerror}; set SELVEDGE_DATA"
            ) from error
        if self._handle is not None:
            os.close(self._handle)
        self._handle, self.lease = handle, lease

    def _put(self, lease: Lease) -> int:
        """Puts a new file, locked, in the old one's place, and returns the handle that locks it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._path.parent, suffix=".new")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            os.write(handle, json.dumps(asdict(lease)).encode())
            Path(name).replace(self._path)
        except OSError:
            os.close(handle)
            Path(name).unlink(missing_ok=True)
            raise
        return handle


def _read_live(path: Path) -> Lease | None:
    """Returns the lease at a path while somebody holds it; removes what a dead process left."""
    try:
        with path.open() as file:
            if _held(file):
                return _parse(file.read())
            if path.stat().st_ino == os.fstat(file.fileno()).st_ino:
                path.unlink(missing_ok=True)
    except OSError as error:
        _raise_if_blind(error)
    return None


def _raise_if_blind(error: OSError) -> None:
    """Raises the error where it says nothing of the lease: this process can open no more files."""
    if error.errno in (errno.EMFILE, errno.ENFILE):
        raise error


def _held(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _parse(text: str) -> Lease | None:
    try:
        value: Any = json.loads(text)
        return Lease(**value)
    except (ValueError, TypeError):
        return None
