from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.core.line_fields import OneLineField
from clinic.core.models.translated import Translations, in_language


class DiseaseQuerySet(models.QuerySet["Disease"]):
    """Diseases by whether they are offered, and with their stages."""

    def offered(self) -> Self:
        """Return the diseases that a doctor can choose."""
        return self.filter(is_active=True)

    def with_stages(self) -> Self:
        """Return each disease once per stage, or once if it has none."""
        return self.annotate(
            stage_id=models.F("stages"),
            stage_name=models.F("stages__name"),
            stage_translations=models.F("stages__translations"),
        ).order_by("position", "name", "stages__position")


class Disease(models.Model):
    """A diagnosis in the clinic's catalogue; seven of them are classes of the model."""

    stage_id: int | None  # set on rows that `with_stages` has read
    stage_name: str | None
    stage_translations: Translations | None

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = OneLineField(_("name"), max_length=120)
    icd10 = OneLineField(_("ICD-10"), max_length=10, blank=True)
    icd11 = OneLineField(_("ICD-11"), max_length=20, blank=True)
    synonyms = models.TextField(
        _("other names"), blank=True, help_text=_("One on each line; the search finds them.")
    )
    model_class = models.CharField(
        _("class of the model"),
        max_length=10,
        blank=True,
        help_text=_("One of akiec, bcc, bkl, df, mel, nv, vasc; empty for other diseases."),
    )
    is_malignant = models.BooleanField(_("malignant or precancerous"), default=False)
    plain_words = models.TextField(_("in plain words"), blank=True)
    clinical_description = models.TextField(_("clinical description"), blank=True)
    translations = models.JSONField(
        default=dict,
        blank=True,
        help_text="By language: name, synonyms, plain_words, clinical_description.",
    )
    is_active = models.BooleanField(_("offered"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects: ClassVar[DiseaseQuerySet] = DiseaseQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("disease")
        verbose_name_plural = _("diseases")
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["model_class"],
                condition=~models.Q(model_class=""),
                name="disease_stands_for_a_model_class_alone",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    model_class__in=["", "akiec", "bcc", "bkl", "df", "mel", "nv", "vasc"]
                ),
                name="disease_has_a_known_model_class_or_none",
            ),
        ]

    def __str__(self) -> str:
        return self.local_name

    @property
    def local_name(self) -> str:
        return in_language(self.name, self.translations, "name")

    @property
    def local_plain_words(self) -> str:
        return in_language(self.plain_words, self.translations, "plain_words")

    @property
    def local_description(self) -> str:
        return in_language(self.clinical_description, self.translations, "clinical_description")

    @property
    def is_of_uncertain_behaviour(self) -> bool:
        """Return whether ICD-10 leaves open if it is malignant (D37 to D48)."""
        return "D37" <= self.icd10[:3].upper() <= "D48"

    @property
    def local_stage_name(self) -> str:
        """Return the name of the stage that `with_stages` has read, in the page's language."""
        return in_language(self.stage_name or "", self.stage_translations or {}, "name")

    @property
    def other_names(self) -> list[str]:
        """Return the synonyms in the page's language."""
        return _lines(in_language(self.synonyms, self.translations, "synonyms"))

    @property
    def every_name(self) -> list[str]:
        """Return the names and synonyms in all languages."""
        translated = self.translations.values()
        names = [self.name, *(said.get("name", "") for said in translated)]
        synonyms = [self.synonyms, *(said.get("synonyms", "") for said in translated)]
        return [*filter(None, names), *(name for each in synonyms for name in _lines(each))]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


class DiseaseStage(models.Model):
    """A stage of a disease, in the order in which it advances."""

    disease = models.ForeignKey(Disease, on_delete=models.PROTECT, related_name="stages")
    name = OneLineField(_("name"), max_length=80)
    translations = models.JSONField(default=dict, blank=True, help_text="By language: name.")
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        ordering = ["disease", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["disease", "name"],
                name="disease_stage_has_its_own_name",
                violation_error_message=_("This disease already has a stage with this name."),
            ),
        ]

    def __str__(self) -> str:
        return in_language(self.name, self.translations, "name")
