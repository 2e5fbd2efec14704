"""What a document may ask for: bounded and priced in time that is linear in its length."""

from edge.graphql.guard.documents import Bounds, Documents, Known, KnownOperation

__all__ = ["Bounds", "Documents", "Known", "KnownOperation"]
