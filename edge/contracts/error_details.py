"""The standard reasons of errors (google/rpc/error_details.proto), which go where a Status goes.

A contract imports the Status alone, whose details are Anys; what they hold has no JSON as long as
its type is unknown. So it is part of every image that has a Status.
"""

from google.protobuf import descriptor_pb2 as d
from google.protobuf.descriptor import FileDescriptor
from google.rpc import error_details_pb2

STATUS = "google/rpc/status.proto"


def add_error_details(image: d.FileDescriptorSet) -> bool:
    """Adds the file, and what it imports, to an image that needs it; says whether it did."""
    names = {file.name for file in image.file}
    details: FileDescriptor = error_details_pb2.DESCRIPTOR
    if STATUS not in names or details.name in names:
        return False
    for file in (*details.dependencies, details):
        if file.name not in names:
            file.CopyToProto(image.file.add())
    return True
