"""Check the audit trail each night, and tell the admins once what is broken."""

from hashlib import sha256

from django.utils import timezone

from clinic.people.permissions import active_admins
from clinic.trail.models.audit import AuditCheck
from clinic.trail.models.notification import Notification
from clinic.trail.services.audit_check import Findings, Head, check_audit_trail
from clinic.trail.services.notifications import notify

FACT_KEY_LENGTH = 40  # the length of the column


def check_and_remember() -> Findings:
    """Compare the trail with the last good check, and store the result."""
    last = AuditCheck.objects.filter(problems=0, position__gt=0).first()
    findings = check_audit_trail(expected=Head(last.position, last.hash) if last else None)
    AuditCheck.objects.create(
        checked_at=timezone.now(),
        position=findings.head.position,
        hash=findings.head.hash,
        problems=len(findings.problems),
    )
    if findings.problems:
        _tell_admins(findings.problems)
    return findings


def _tell_admins(problems: list[str]) -> None:
    """Tell the admins once about the same problems, however many nights they are found again."""
    notify(
        recipients=active_admins(),
        kind=Notification.Kind.AUDIT_BROKEN,
        url_name="clinic:audit_list",
        object_key="",
        fact_key=sha256("\n".join(problems).encode()).hexdigest()[:FACT_KEY_LENGTH],
    )
