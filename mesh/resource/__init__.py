"""What every resource has: an etag, an update mask, a border for the errors of its domain."""

from mesh.resource.border import Border
from mesh.resource.etag import check_etag, etag_of
from mesh.resource.identifier import new_identifier
from mesh.resource.mask import changed_paths, updated

__all__ = ["Border", "changed_paths", "check_etag", "etag_of", "new_identifier", "updated"]
