"""Hand on what applied migrations name here; it is in `clinic.trail.audit_guard` now."""

from clinic.trail.audit_guard import guard_audit_trail, unguard_audit_trail

__all__ = ["guard_audit_trail", "unguard_audit_trail"]
