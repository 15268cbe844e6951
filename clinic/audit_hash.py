"""Hand on what applied migrations name here; it is in `clinic.trail.audit_hash` now."""

from clinic.trail.audit_hash import COLUMNS, START, content_hash, link_hash

__all__ = ["COLUMNS", "START", "content_hash", "link_hash"]
