"""Re-export names for applied migrations; the code is in `clinic.trail.audit_guard`."""

from clinic.trail.audit_guard import guard_audit_trail, unguard_audit_trail

__all__ = ["guard_audit_trail", "unguard_audit_trail"]
