"""GraphQL documents for foreign contracts, written by hand: what a person would ask."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Known:
    """A document, the methods that it calls, and the places in the answer that are equal.

    A place is the dotted way to a value; one with a slash is the value itself.
    """

    text: str
    calls: tuple[str, ...]
    equal: tuple[tuple[str, str], ...] = ()


KNOWN: Mapping[str, tuple[Known, ...]] = {
    "secretmanager": (
        Known(
            """{ secretV1(name: "projects/p/secrets/s") {
                   name versions(first: 2) { nodes { name } } } }""",
            ("GetSecret", "ListSecretVersions"),
            (("secretV1.name", "projects/p/secrets/s"),),
        ),
        Known(
            """{ accessSecretVersion(name: "projects/p/secrets/s/versions/3") {
                   nameName name { name } payload { data } } }""",
            ("AccessSecretVersion",),
            (("accessSecretVersion.name.name", "accessSecretVersion.nameName"),),
        ),
    ),
    "scheduler": (
        Known(
            """{ jobs(parent: "projects/p/locations/l", first: 2) {
                   nodes { name } pageInfo { hasNextPage } } }""",
            ("ListJobs",),
        ),
    ),
    "tasks": (
        Known(
            """{ queue(name: "projects/p/locations/l/queues/q") {
                   name tasks(first: 1) { nodes { name scheduleTime } } } }""",
            ("GetQueue", "ListTasks"),
            (("queue.name", "projects/p/locations/l/queues/q"),),
        ),
    ),
    "servicedirectory": (
        Known(
            """{ namespaces(parent: "projects/p/locations/l", first: 2) { nodes {
                   name services(first: 2) { nodes { name endpoints { name port } } } } } }""",
            ("ListNamespaces", "ListServices", "ListServices"),
        ),
    ),
    "serviceusage": (
        Known(
            """{ a: service(name: "projects/p/services/a") { name }
                 b: service(name: "projects/p/services/b") { name state } }""",
            ("GetService", "GetService"),
            (("a.name", "projects/p/services/a"), ("b.name", "projects/p/services/b")),
        ),
    ),
    "firestore": (
        Known(
            """{ backup(name: "projects/p/locations/l/backups/b") {
                   databaseName database { name userCreds { nodes { name } } } } }""",
            ("GetBackup", "GetDatabase", "ListUserCreds"),
            (("backup.database.name", "backup.databaseName"),),
        ),
    ),
    "kms": (
        Known(
            """{ ekmConfig(name: "projects/p/locations/l/ekmConfig") {
                   defaultEkmConnectionName defaultEkmConnection { name etag } } }""",
            ("GetEkmConfig", "GetEkmConnection"),
            (("ekmConfig.defaultEkmConnection.name", "ekmConfig.defaultEkmConnectionName"),),
        ),
        Known(
            """{ keyRing(name: "projects/p/locations/l/keyRings/k") { cryptoKeys(first: 2) {
                   nodes { name cryptoKeyVersions(first: 1) { nodes { name } } } } } }""",
            ("GetKeyRing", "ListCryptoKeys", "ListCryptoKeyVersions", "ListCryptoKeyVersions"),
        ),
    ),
    "pubsub": (
        Known(
            """{ subscription(subscription: "projects/p/subscriptions/s") {
                   topicName topic { name labels { key value } } } }""",
            ("GetSubscription", "GetTopic"),
            (("subscription.topic.name", "subscription.topicName"),),
        ),
    ),
}
