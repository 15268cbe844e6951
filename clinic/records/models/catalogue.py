from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clinic.core.line_fields import OneLineField
from clinic.core.models.translated import TranslatedModel


class BodySiteQuerySet(models.QuerySet["BodySite"]):
    """Body sites by whether they can be chosen."""

    def offered(self, *chosen: int | None) -> Self:
        """Return the active body sites and those that the record already uses."""
        return self.filter(models.Q(is_active=True) | models.Q(pk__in=[pk for pk in chosen if pk]))


class BodySite(TranslatedModel):
    """A place on the body, with its name in the data set if it has one."""

    class View(models.TextChoices):
        FRONT = "front", pgettext_lazy("of the body", "Front")
        BACK = "back", pgettext_lazy("of the body", "Back")
        EITHER = "either", _("Front or back")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = OneLineField(_("name"), max_length=80)
    view = models.CharField(_("view"), max_length=10, choices=View, default=View.EITHER)
    training_name = models.CharField(
        _("name in training data"),
        max_length=40,
        default="unknown",
        help_text=_("The word for it in the “localization” column of HAM10000."),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("offered"), default=True)

    objects: ClassVar[BodySiteQuerySet] = BodySiteQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("body site")
        verbose_name_plural = _("body sites")
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.label


class Symptom(TranslatedModel):
    """A complaint that a visit can record."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = OneLineField(_("name"), max_length=80)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name = _("symptom")
        verbose_name_plural = _("symptoms")
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.label
