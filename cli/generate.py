"""Generates the Python stubs and the contract image from `proto/`.

    gen/<package>/…_pb2.py, …_pb2.pyi, …_pb2_grpc.py    messages, their types, and stubs
    gen/contracts.binpb                                 a FileDescriptorSet: imports, comments

Runs at every build (see `hatch_build.py`) and by `make generate`. The generated packages compare
themselves with `proto/` when they are imported, so stale stubs cannot run.
"""

import hashlib
import importlib.resources
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VALIDATE = "buf/validate/validate.proto"

STAMP = '''\
"""Generated from `proto/`; do not edit."""

import hashlib
from pathlib import Path

_proto = Path(__file__).resolve().parents[2] / "proto"
if _proto.is_dir():
    _sum = hashlib.sha256()
    for _file in sorted(_proto.rglob("*.proto")):
        _name = _file.relative_to(_proto).as_posix()
        _sum.update(_name.encode() + b"\\0" + _file.read_bytes())
    if _sum.hexdigest() != "{digest}":
        raise ImportError("the contracts are newer than the stubs: run `make generate`")
'''


class GenerationError(Exception):
    """The compiler refused the contracts; what it said is on standard error."""


def digest(proto: Path) -> str:
    """Returns the SHA-256 of every contract's path and text, in hexadecimal."""
    total = hashlib.sha256()
    for file in sorted(proto.rglob("*.proto")):
        total.update(file.relative_to(proto).as_posix().encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


def compile_contracts(proto: Path, image: Path, python: Path | None = None) -> None:
    """Compiles the contracts below `proto` to an image and, where `python` is given, to stubs.

    Raises:
        GenerationError: a contract does not compile.
    """
    with tempfile.TemporaryDirectory() as scratch:
        known = _validate_descriptors(Path(scratch))
        names = [file.relative_to(proto).as_posix() for file in sorted(proto.rglob("*.proto"))]
        common = [f"-I{path}" for path in (proto, *_public_protos())]
        common.append(f"--descriptor_set_in={known}")
        described = ["--include_imports", "--include_source_info", f"--descriptor_set_out={image}"]
        _protoc([*common, *described, *names])
        if python:
            out = [f"--python_out={python}", f"--pyi_out={python}"]
            _protoc([*common, *out, VALIDATE, *names])
            _protoc([*common, f"--grpc_python_out={python}", *_with_services(proto, names)])


def generate(root: Path = ROOT) -> Path:
    """Builds `gen/` anew and returns it; the old one stays whole until the new one is.

    Raises:
        GenerationError: a contract does not compile.
    """
    fresh, gen = root / "gen.new", root / "gen"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    compile_contracts(root / "proto", fresh / "contracts.binpb", fresh)
    stamp = STAMP.format(digest=digest(root / "proto"))
    for package in ("shop", "selvedge"):
        (fresh / package / "__init__.py").write_text(stamp)
        (fresh / package / "py.typed").touch()
    shutil.rmtree(gen, ignore_errors=True)
    fresh.rename(gen)
    return gen


def _with_services(proto: Path, names: list[str]) -> list[str]:
    return [name for name in names if "\nservice " in (proto / name).read_text()]


def _public_protos() -> list[Path]:
    import google.api
    import grpc_tools

    common = Path(next(iter(google.api.__path__))).parents[1]
    return [common, Path(str(importlib.resources.files(grpc_tools))) / "_proto"]


def _validate_descriptors(folder: Path) -> Path:
    from protobuf.wkt import FileDescriptorSet
    from protovalidate._gen.buf.validate import validate_pb

    path = folder / "validate.binpb"
    path.write_bytes(FileDescriptorSet(file=[validate_pb.desc().proto]).to_binary())
    return path


def _protoc(arguments: list[str]) -> None:
    from grpc_tools import protoc

    if protoc.main(["protoc", *arguments]) != 0:
        raise GenerationError("the contracts do not compile; the compiler's words are above")


if __name__ == "__main__":
    try:
        generate()
    except GenerationError as error:
        sys.exit(f"selvedge: {error}")
