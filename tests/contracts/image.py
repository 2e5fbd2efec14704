"""Compiles a set of foreign contracts into an image, as their users would."""

import importlib.resources
import shutil
from pathlib import Path

import google.api
import grpc_tools
from grpc_tools import protoc

from tests.contracts.packages import IAM, PINS, ContractSet, pins

COMMON = Path(next(iter(google.api.__path__))).parents[1]
OPERATIONS = "google/longrunning/operations.proto"


def compile_image(contracts: ContractSet, scratch: Path) -> Path:
    """Returns the image of a set: a FileDescriptorSet with imports and comments."""
    _check_set_up()
    _operations(scratch)
    root = contracts.package.folder if contracts.package else scratch
    files = [
        file.relative_to(root).as_posix()
        for folder in contracts.folders
        for file in sorted((root / folder).glob("*.proto"))
    ]
    assert files, f"{contracts.name}: nothing to compile below {root}"
    image = scratch / f"{contracts.name}.binpb"
    well_known = Path(str(importlib.resources.files(grpc_tools))) / "_proto"
    paths = [f"-I{path}" for path in (COMMON, well_known, scratch, IAM.folder, root)]
    described = ["--include_imports", "--include_source_info", f"--descriptor_set_out={image}"]
    assert protoc.main(["protoc", *paths, *described, *files]) == 0, f"{files} do not compile"
    return image


def _check_set_up() -> None:
    there = PINS.read_text() if PINS.is_file() else ""
    assert there == pins(), "the foreign contracts are not there: run `make contracts`"


def _operations(scratch: Path) -> None:
    """Puts google.longrunning, which its package ships by another name, where others import it."""
    target = scratch / OPERATIONS
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(COMMON / OPERATIONS.replace(".proto", "_proto.proto"), target)
