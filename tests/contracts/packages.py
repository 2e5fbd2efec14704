"""Which foreign contracts the tests run on: pinned packages, and what of each is compiled."""

import sys
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(sys.prefix) / "contracts"
"""Where set-up leaves the .proto files: one folder for each package."""

PINS = FOLDER / "pins"
"""Which packages are there; written last."""


@dataclass(frozen=True, slots=True)
class Package:
    """A published package that ships .proto files.

    `moved` maps folders of the package to the folders that their files' packages ask for.
    """

    name: str
    version: str
    npm: bool = True
    moved: tuple[tuple[str, str], ...] = ()

    @property
    def folder(self) -> Path:
        """Where its .proto files are, under the paths by which they import each other."""
        return FOLDER / self.name.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class ContractSet:
    """Contracts that are compiled into one image and served by one edge.

    `folders` are below the package's folder; every .proto file right in them is compiled.
    """

    name: str
    package: Package | None
    folders: tuple[str, ...]


SECRETS = Package("@google-cloud/secret-manager", "7.2.0")
SCHEDULER = Package("@google-cloud/scheduler", "6.0.0")
TASKS = Package("@google-cloud/tasks", "7.1.0")
DIRECTORY = Package("@google-cloud/service-directory", "5.3.0")
WEB_RISK = Package("@google-cloud/web-risk", "6.2.0")
USAGE = Package("@google-cloud/service-usage", "4.2.2")
FIRESTORE = Package("@google-cloud/firestore", "9.4.1")
KMS = Package("@google-cloud/kms", "6.3.0")
PUBSUB = Package(
    "google-cloud-pubsub",
    "2.44.0",
    npm=False,
    moved=(("google/cloud/pubsub_v1/proto", "google/pubsub/v1"),),
)
IAM = Package("grpc-google-iam-v1", "0.14.6", npm=False)

PACKAGES = (SECRETS, SCHEDULER, TASKS, DIRECTORY, WEB_RISK, USAGE, FIRESTORE, KMS, PUBSUB, IAM)

SETS = (
    ContractSet(
        "secretmanager",
        SECRETS,
        ("google/cloud/secretmanager/v1", "google/cloud/secretmanager/v1beta2"),
    ),
    ContractSet("scheduler", SCHEDULER, ("google/cloud/scheduler/v1",)),
    ContractSet("tasks", TASKS, ("google/cloud/tasks/v2",)),
    ContractSet("servicedirectory", DIRECTORY, ("google/cloud/servicedirectory/v1",)),
    ContractSet("webrisk", WEB_RISK, ("google/cloud/webrisk/v1",)),
    ContractSet("serviceusage", USAGE, ("google/api/serviceusage/v1",)),
    ContractSet("firestore", FIRESTORE, ("google/firestore/v1", "google/firestore/admin/v1")),
    ContractSet("kms", KMS, ("google/cloud/kms/v1",)),
    ContractSet("pubsub", PUBSUB, ("google/pubsub/v1",)),
    ContractSet("iam", IAM, ("google/iam/v1",)),
    ContractSet("longrunning", None, ("google/longrunning",)),
)


def pins() -> str:
    """Returns the text of the pins: it changes with every package and version."""
    return "".join(f"{package.name} {package.version}\n" for package in PACKAGES)
