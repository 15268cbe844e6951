import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AuditEvent(models.Model):
    """Who did or read what, and when; rows are only ever added."""

    class Verb(models.TextChoices):
        SIGN_IN = "sign_in", _("Signed in")
        SIGN_OUT = "sign_out", _("Signed out")
        VIEW = "view", _("Viewed")
        LIST = "list", _("Listed")
        SEARCH = "search", _("Searched")
        DOWNLOAD = "download", _("Downloaded")
        EXPORT = "export", _("Exported")
        CREATE = "create", _("Created")
        UPDATE = "update", _("Changed")
        TRANSITION = "transition", _("Status changed")
        SIGN = "sign", _("Signed")
        REVIEW = "review", _("Reviewed")
        EMERGENCY = "emergency", _("Opened in an emergency")
        DENIED = "denied", _("Denied")

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("when"), default=timezone.now, editable=False, db_index=True)
    verb = models.CharField(max_length=20, choices=Verb)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    actor_role = models.CharField(max_length=20, blank=True)
    patient = models.ForeignKey(
        "clinic.Patient", on_delete=models.PROTECT, related_name="audit_events", null=True
    )
    target_type = models.CharField(max_length=40, blank=True)
    target_id = models.CharField(max_length=40, blank=True)
    detail = models.JSONField(default=dict, blank=True)
    request_id = models.UUIDField(default=uuid.uuid4)
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    # SHA-256 of the row's columns, as `clinic.trail.audit_hash` defines it.
    content_hash = models.CharField(max_length=64, editable=False)

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["target_type", "target_id"], name="audit_by_target"),
            # Lists show the newest first: of one patient, one person or one kind.
            models.Index(fields=["patient", "-id"], name="audit_by_patient"),
            models.Index(fields=["actor", "-id"], name="audit_by_actor"),
            models.Index(fields=["verb", "-id"], name="audit_by_verb"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.target_type}"


class AuditLink(models.Model):
    """An event's place in the chain; its hash covers every event up to this one."""

    position = models.PositiveBigIntegerField(_("position"), primary_key=True)
    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, related_name="link")
    hash = models.CharField(max_length=64, editable=False)

    class Meta:
        verbose_name = _("audit trail link")
        verbose_name_plural = _("audit trail links")
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.position}:{self.hash}"


class AuditCheck(models.Model):
    """One check of the whole chain: how far it reached and whether the chain was intact."""

    checked_at = models.DateTimeField(_("checked"), default=timezone.now, editable=False)
    position = models.PositiveBigIntegerField(_("last position"))
    hash = models.CharField(_("hash of the last position"), max_length=64)
    problems = models.PositiveIntegerField(_("problems found"))

    class Meta:
        verbose_name = _("audit trail check")
        verbose_name_plural = _("audit trail checks")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.position}:{self.hash}"
