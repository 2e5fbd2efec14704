"""The Go grpc-gateway: its handlers generated from our image, built once by Debian's packages."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from google.api import annotations_pb2
from google.protobuf import descriptor_pb2 as pb

FOLDER = Path(sys.prefix) / "bench" / "gateway"
BINARY = FOLDER / "gateway"
LIBRARIES = Path("/usr/share/gocode")
CONTRACT = "shop/catalog/v1/catalog.proto"
METHODS = ("GetProduct", "ListProducts")
KEPT = ("google/protobuf/", "google/api/annotations", "google/api/http", "google/type/money")
WHERE = {
    "google/protobuf/empty.proto": "github.com/golang/protobuf/ptypes/empty",
    "google/protobuf/timestamp.proto": "github.com/golang/protobuf/ptypes/timestamp",
    "google/protobuf/field_mask.proto": "google.golang.org/genproto/protobuf/field_mask",
    "google/protobuf/descriptor.proto": "github.com/golang/protobuf/protoc-gen-go/descriptor",
}


def can_be_built() -> bool:
    """Says whether the packages are there."""
    tools = ("go", "protoc", "protoc-gen-go", "protoc-gen-grpc-gateway")
    sources = LIBRARIES / "src" / "github.com" / "grpc-ecosystem" / "grpc-gateway"
    return all(map(shutil.which, tools)) and sources.is_dir()


def build(image: Path) -> Path:
    """Returns the program, built anew where the image or its source is newer."""
    newest = max(path.stat().st_mtime for path in (image, *Path(__file__).parent.iterdir()))
    if not BINARY.exists() or BINARY.stat().st_mtime < newest:
        package = FOLDER / "src" / "gateway"
        (package / "catalog").mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(__file__).parent / "main.go", package)
        _generate(image)
        _compile(package)
    return BINARY


def _generate(image: Path) -> None:
    plain = FOLDER / "catalog.binpb"
    plain.write_bytes(_plain(image).SerializeToString())
    where = ",".join(f"M{file}={package}" for file, package in WHERE.items())
    command = ["protoc", f"--descriptor_set_in={plain}"]
    command += [f"--go_out=plugins=grpc,{where}:{FOLDER / 'src'}"]
    command += [f"--grpc-gateway_out={where}:{FOLDER / 'src'}", "catalog.proto"]
    subprocess.run(command, check=True)


def _compile(package: Path) -> None:
    environment = {**os.environ, "GO111MODULE": "off", "GOFLAGS": ""}
    environment["GOPATH"] = f"{FOLDER}:{LIBRARIES}"
    command = ["go", "build", "-o", str(BINARY), "."]
    subprocess.run(command, cwd=package, env=environment, check=True)


def _plain(image: Path) -> pb.FileDescriptorSet:
    """Returns the catalog's contract with HTTP rules as its only options.

    The generator of that day knows neither `optional` in proto3 nor the other options' packages.
    """
    found = pb.FileDescriptorSet()
    for file in pb.FileDescriptorSet.FromString(image.read_bytes()).file:
        if file.name.startswith(KEPT):
            found.file.append(file)
        elif file.name == CONTRACT:
            found.file.append(_plain_file(file))
    return found


def _plain_file(file: pb.FileDescriptorProto) -> pb.FileDescriptorProto:
    plain = pb.FileDescriptorProto(name="catalog.proto", package=file.package, syntax=file.syntax)
    plain.dependency.extend(name for name in file.dependency if name.startswith(KEPT))
    plain.options.go_package = "gateway/catalog;catalog"
    for message in file.message_type:
        _strip(message)
        plain.message_type.append(message)
    for service in file.service:
        added = plain.service.add(name=service.name)
        for method in service.method:
            if method.name in METHODS:
                rule = method.options.Extensions[annotations_pb2.http]
                kept = added.method.add(
                    name=method.name, input_type=method.input_type, output_type=method.output_type
                )
                kept.options.Extensions[annotations_pb2.http].CopyFrom(rule)
    return plain


def _strip(message: pb.DescriptorProto) -> None:
    if not message.options.map_entry:
        message.ClearField("options")
    for field in message.field:
        field.ClearField("options")
        if field.proto3_optional:
            field.ClearField("proto3_optional")
            field.ClearField("oneof_index")
    del message.oneof_decl[:]
    for nested in message.nested_type:
        _strip(nested)
    for enum in message.enum_type:
        enum.ClearField("options")
        for value in enum.value:
            value.ClearField("options")
