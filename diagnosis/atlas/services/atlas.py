"""The atlas of diseases: names and texts, stages in order, and the search."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, ProtectedError
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from clinic.core.locking import lock, take_turns
from clinic.people.models.user import User
from clinic.people.names import folded, searchable
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record
from clinic.trail.services.seen import Guard
from diagnosis.predictions.models.disease import Disease, DiseaseStage
from diagnosis.reviews.models.review import Review, TrainingSample
from diagnosis.reviews.models.visit_diagnosis import VisitDiagnosis

Translations = dict[str, dict[str, str]]
LIST = "diseases"


@dataclass(frozen=True)
class DiseaseText:
    """The names and texts of a disease in the catalogue."""

    name: str
    icd10: str = ""
    icd11: str = ""
    synonyms: str = ""
    is_malignant: bool = False
    plain_words: str = ""
    clinical_description: str = ""
    translations: Translations | None = None
    is_active: bool = True


def find_diseases(*, among: Iterable[Disease], text: str) -> list[Disease]:
    """Return the diseases in which every search term begins a word of a name or a code, by name."""
    words = folded(text)
    found = [disease for disease in among if _fits(disease, words)]
    return sorted(found, key=lambda disease: folded(str(disease)))


@transaction.atomic
def create_disease(*, actor: User, said: DiseaseText) -> Disease:
    """Add a disease at the end of the catalogue."""
    take_turns(LIST)
    last = Disease.objects.aggregate(last=Max("position"))["last"]
    disease = Disease(position=(last or 0) + 1, code=_free_code(said.name))
    _say(disease, said)
    disease.save(force_insert=True)
    record(AuditEvent.Verb.CREATE, actor=actor, target=disease)
    return disease


@transaction.atomic
def update_disease(
    *, disease: Disease, actor: User, said: DiseaseText, refuse_stale: Guard | None = None
) -> Disease:
    """Change a disease; whether a class of the model counts as malignant cannot be changed."""
    take_turns(LIST)
    stored = lock(disease, no_key=True)
    if refuse_stale:
        refuse_stale(stored)
    if stored.model_class and said.is_malignant != stored.is_malignant:
        raise ValidationError(
            {
                "is_malignant": _(
                    "This is a class of the model: "
                    "whether it counts as malignant cannot be changed."
                )
            }
        )
    _say(stored, said)
    stored.save()
    record(AuditEvent.Verb.UPDATE, actor=actor, target=stored)
    return stored


@transaction.atomic
def delete_disease(*, disease: Disease, actor: User) -> None:
    """Delete a disease that nothing refers to, with its stages."""
    stored = lock(disease)
    if stored.model_class:
        raise _still_used(_("It is a class of the model and cannot be deleted."))
    if stored.atlas_images.exists():
        raise _still_used(_("It has images in the atlas. Stop offering it instead."))
    if (
        Review.objects.filter(disease=stored).exists()
        or VisitDiagnosis.objects.filter(disease=stored).exists()
        or TrainingSample.objects.filter(disease=stored).exists()
    ):
        raise _still_used(_("Doctors have used it as a diagnosis. Stop offering it instead."))
    record(AuditEvent.Verb.UPDATE, actor=actor, target=stored, detail={"deleted": stored.code})
    try:
        # A savepoint, so that a refusal by the database leaves the transaction usable.
        with transaction.atomic():
            stored.stages.all().delete()
            stored.delete()
    except ProtectedError as error:
        raise _still_used(_("It is still in use. Stop offering it instead.")) from error


@transaction.atomic
def add_stage(
    *, disease: Disease, actor: User, name: str, translations: Translations | None = None
) -> DiseaseStage:
    """Add a stage after the last one."""
    stages = _lock_stages(disease)
    stage = DiseaseStage(
        disease=disease, name=name.strip(), translations=translations or {}, position=len(stages)
    )
    stage.full_clean()
    stage.save(force_insert=True)
    record(AuditEvent.Verb.CREATE, actor=actor, target=stage)
    return stage


@transaction.atomic
def rename_stage(
    *,
    stage: DiseaseStage,
    actor: User,
    name: str,
    translations: Translations | None = None,
    refuse_stale: Guard | None = None,
) -> DiseaseStage:
    """Rename a stage; diagnoses that use it show the new name."""
    _lock_stages(stage.disease)
    stored = lock(stage, no_key=True)
    if refuse_stale:
        refuse_stale(stored)
    stored.name, stored.translations = name.strip(), translations or {}
    stored.full_clean()
    stored.save()
    record(AuditEvent.Verb.UPDATE, actor=actor, target=stored)
    return stored


@transaction.atomic
def move_stage(*, stage: DiseaseStage, actor: User, is_up: bool) -> None:
    """Move a stage one place up or down; do nothing at the end of the list."""
    stages = _lock_stages(stage.disease)
    lock(stage, no_key=True)
    place = next(index for index, each in enumerate(stages) if each.pk == stage.pk)
    other = place - 1 if is_up else place + 1
    if not 0 <= other < len(stages):
        return
    stages[place], stages[other] = stages[other], stages[place]
    for position, each in enumerate(stages):
        each.position = position
    DiseaseStage.objects.bulk_update(stages, ["position"])
    record(AuditEvent.Verb.UPDATE, actor=actor, target=stage, detail={"position": other})


@transaction.atomic
def delete_stage(*, stage: DiseaseStage, actor: User) -> None:
    """Delete a stage that no diagnosis and no image uses."""
    _lock_stages(stage.disease)
    lock(stage)
    if Review.objects.filter(stage=stage).exists():
        raise _still_used(_("A diagnosis uses this stage, so it cannot be deleted."))
    if stage.atlas_images.exists():
        raise _still_used(_("An image of the atlas shows this stage, so it cannot be deleted."))
    record(AuditEvent.Verb.UPDATE, actor=actor, target=stage, detail={"deleted": True})
    try:
        with transaction.atomic():
            stage.delete()
    except ProtectedError as error:
        raise _still_used(_("This stage is still in use, so it cannot be deleted.")) from error


def _fits(disease: Disease, words: list[str]) -> bool:
    known = folded(" ".join([*disease.every_name, disease.icd10, disease.icd11]))
    # A code may be typed with or without its dot: L57.0 and L570 are the same.
    known += [searchable(code).replace(" ", "") for code in (disease.icd10, disease.icd11)]
    return all(any(each.startswith(word) for each in known) for word in words)


def _say(disease: Disease, said: DiseaseText) -> None:
    disease.name = said.name.strip()
    disease.icd10, disease.icd11 = said.icd10.strip(), said.icd11.strip()
    disease.synonyms = "\n".join(filter(None, map(str.strip, said.synonyms.splitlines())))
    disease.is_malignant = said.is_malignant
    disease.plain_words = said.plain_words.strip()
    disease.clinical_description = said.clinical_description.strip()
    disease.translations = said.translations or {}
    disease.is_active = said.is_active
    disease.full_clean()
    others = Disease.objects.exclude(pk=disease.pk)
    if others.filter(name__iexact=disease.name).exists():
        raise ValidationError({"name": _("There is already a disease with this name.")})


def _free_code(name: str) -> str:
    stem = slugify(name)[:34] or "disease"
    taken = set(Disease.objects.filter(code__startswith=stem).values_list("code", flat=True))
    number = 1
    code = stem
    while code in taken:
        number += 1
        code = f"{stem}-{number}"
    return code


def _lock_stages(disease: Disease) -> list[DiseaseStage]:
    """Return the stages in order, locked so that two moves cannot overlap."""
    lock(disease, no_key=True)
    return list(DiseaseStage.objects.filter(disease=disease).order_by("position", "pk"))


def _still_used(why: object) -> ValidationError:
    return ValidationError(str(why), code="still_used")
