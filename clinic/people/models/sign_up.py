import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class SignUpCode(models.Model):
    """An email address that somebody claims, and the code that proves it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("email"))
    # Empty if the address already has an account, so that no code is right.
    code_hmac = models.CharField(max_length=64, blank=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    created_at = models.DateTimeField(_("sent"), auto_now_add=True, db_index=True)
    verified_at = models.DateTimeField(_("verified"), null=True, blank=True)
    completed_at = models.DateTimeField(_("registered"), null=True, blank=True)

    class Meta:
        verbose_name = _("sign-up code")
        verbose_name_plural = _("sign-up codes")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(completed_at__isnull=True) | models.Q(verified_at__isnull=False),
                name="sign_up_is_verified_before_it_is_completed",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
