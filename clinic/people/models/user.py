import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.core.files.bound import BoundFileField
from clinic.core.line_fields import OneLineField
from clinic.core.phones import PhoneField


class UserManager(BaseUserManager["User"]):
    """Creates accounts, identified by email address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an account; without a password, it has no usable one."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find an account by its email address, however it is capitalised."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person who signs in, with an email address and one role."""

    class Role(models.TextChoices):
        ADMIN = "admin", _("Admin")
        SECRETARY = "secretary", _("Secretary")
        DOCTOR = "doctor", _("Doctor")
        PATIENT = "patient", _("Patient")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("email"), unique=True)
    full_name = OneLineField(_("full name"), max_length=150)
    role = models.CharField(_("role"), max_length=20, choices=Role)
    phone: Any = PhoneField(_("phone"), blank=True)
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    photograph = BoundFileField(_("photograph"), upload_to="profiles/", blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    # The latest end of the doctor's emergency accesses; after it no page looks for any.
    emergency_until = models.DateTimeField(null=True, blank=True, editable=False)
    wants_digest = models.BooleanField(_("email about unread notifications"), default=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["full_name", "email"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_is_unique_whatever_its_capitals",
                violation_error_message=_("There is already an account with this email address."),
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=["admin", "secretary", "doctor", "patient"]),
                name="user_has_a_known_role",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.email

    @property
    def may_have_emergency(self) -> bool:
        """Return whether this doctor may have an emergency access; nearly always there is none."""
        return self.emergency_until is not None and self.emergency_until > timezone.now()

    def clean(self) -> None:
        """Keep email addresses in lower case, so that one person has one account."""
        super().clean()
        self.email = self.email.lower()
