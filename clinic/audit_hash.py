"""Re-export names for applied migrations; the code is in `clinic.trail.audit_hash`."""

from clinic.trail.audit_hash import COLUMNS, START, content_hash, link_hash

__all__ = ["COLUMNS", "START", "content_hash", "link_hash"]
