"""When patients read their diagnoses, and who is told."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.core.models.clinic_settings import ClinicSettings
from clinic.people.models.user import User
from clinic.people.services.ended_records import refuse_ended
from clinic.records.models.consultation import Consultation
from clinic.trail.models.audit import AuditEvent
from clinic.trail.models.notification import Notification
from clinic.trail.services.audit import record
from clinic.trail.services.notifications import notify
from diagnosis.predictions.models.disease import Disease
from diagnosis.predictions.services.diagnoses import OWN_WORDS
from diagnosis.reviews.models.diagnosed import Diagnosed, DiagnosedQuerySet, Row
from diagnosis.reviews.models.review import Review
from diagnosis.reviews.models.visit_diagnosis import VisitDiagnosis

Release = Diagnosed.Release
# A worker that was away longer tells of no older day, even on a site's first one.
TOLD_FOR = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """When the patient may read a diagnosis; a day only if it is released on one."""

    release: str
    release_on: date | None = None


def first_choice(disease: Disease | None) -> Choice:
    """Return the clinic's choice for a new diagnosis; a malignant one waits for the talk.

    So does one of which nobody has said whether it is malignant: the doctor's own words, and a
    tumour of uncertain behaviour. There the doctor may choose otherwise.
    """
    if disease is None:
        return Choice(release="")
    is_open = disease.code == OWN_WORDS or disease.is_of_uncertain_behaviour
    if disease.is_malignant or is_open:
        return Choice(release=Release.AFTER_CONVERSATION)
    return Choice(release=ClinicSettings.objects.current().diagnosis_release)


@transaction.atomic
def choose_release(*, diagnosis: Diagnosed, actor: User, choice: Choice) -> Diagnosed:
    """Choose when the patient reads a diagnosis that the patient could not read yet."""
    stored = _locked(diagnosis)
    if stored.release == choice.release and stored.release_on == choice.release_on:
        return stored
    if choice.release not in {Release.AT_ONCE, Release.ON_DATE, Release.AFTER_CONVERSATION}:
        raise ValidationError({"release": _("Choose when the patient may read it.")})
    if stored.disease is not None and stored.disease.is_malignant:
        raise ValidationError(
            {"release": _("A malignant diagnosis waits until you have talked with the patient.")}
        )
    if _is_read(stored):
        raise ValidationError(
            _("The patient can read this diagnosis already, so it cannot be held back any more."),
            code="released",
        )
    stored.release, stored.release_on = choice.release, choice.release_on
    _save(stored, actor, "release", "release_on")
    return stored


@transaction.atomic
def note_conversation(*, diagnosis: Diagnosed, actor: User) -> Diagnosed:
    """Note that the doctor has talked with the patient, who may read the diagnosis from now on."""
    stored = _locked(diagnosis)
    if stored.talked_at is not None or stored.release == Release.BEFORE:
        return stored
    stored.talked_at, stored.talked_by = timezone.now(), actor
    _save(stored, actor, "talked_at", "talked_by")
    return stored


def tell_of_release(diagnosis: Diagnosed, *, day: date) -> None:
    """Tell a patient with a login once a day that more of a signed visit can be read."""
    visit = diagnosis.visit
    if _is_read(diagnosis) and visit.patient.user:
        notify(
            recipients=[visit.patient.user],
            kind=Notification.Kind.DIAGNOSIS_RELEASED,
            url_name="diagnosis:my_visit",
            object_key=visit.pk,
            fact_key=f"{visit.pk.hex}{day:%y%m%d}",
        )


def tell_of_days_that_came() -> None:
    """Tell patients of the diagnoses that they can read from a day on, once it has come."""
    newest = Review.objects.filter(prediction__image=OuterRef("prediction__image"))
    reviews = Review.objects.filter(pk=Subquery(newest.values("pk")[:1]))
    due: list[Diagnosed] = [
        *_due(reviews, "prediction__image__consultation"),
        *_due(VisitDiagnosis.objects.standing(), "consultation"),
    ]
    for diagnosis in due:
        day, signed_at = diagnosis.release_on, diagnosis.visit.signed_at
        # Whoever signed later has told of the visit with everything in it.
        if day and signed_at and timezone.localdate(signed_at) < day:
            tell_of_release(diagnosis, day=day)


def _due(rows: DiagnosedQuerySet[Row], visit: str) -> DiagnosedQuerySet[Row]:
    """Return the diagnoses of signed visits whose day has come, of rows that lead to a visit."""
    due = rows.released().filter(
        release=Release.ON_DATE,
        release_on__gt=timezone.localdate() - TOLD_FOR,
        talked_at__isnull=True,
        **{f"{visit}__signed_at__isnull": False},
    )
    # No text is read here, so one that cannot be decrypted holds nothing up.
    return due.select_related("disease", f"{visit}__patient__user").only(
        "release",
        "release_on",
        "talked_at",
        "disease__is_malignant",
        f"{visit}__signed_at",
        f"{visit}__patient__user",
    )


def _locked(diagnosis: Diagnosed) -> Diagnosed:
    refuse_ended(diagnosis.visit.patient_id)
    # The signature and other diagnoses of the visit wait.
    Consultation.objects.select_for_update(no_key=True).get(pk=diagnosis.visit.pk)
    stored = type(diagnosis)._default_manager.get(pk=diagnosis.pk)
    if not stored.counts:
        raise ValidationError(
            _("This diagnosis no longer counts. Another one may have taken its place."),
            code="changed",
        )
    return stored


def _is_read(diagnosis: Diagnosed) -> bool:
    return diagnosis.is_released and diagnosis.visit.is_signed


def _save(diagnosis: Diagnosed, actor: User, *fields: str) -> None:
    diagnosis.full_clean()
    diagnosis.save(update_fields=fields)
    record(
        AuditEvent.Verb.UPDATE,
        actor=actor,
        patient=diagnosis.visit.patient,
        target=diagnosis,
        detail={"fields": list(fields), "release": diagnosis.release},
    )
    tell_of_release(diagnosis, day=timezone.localdate())
