"""How a record ends: after its years, or when an admin grants a patient's request.

Nothing clinical is deleted: the rows stay, and who they were of is no longer known here. From
their texts the patient's own name, phone and e-mail are taken out, see `name_removal`.
"""

from datetime import date
from functools import partial
from uuid import UUID

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.models import (
    Appointment,
    AuditEvent,
    ClinicSettings,
    ErasureRequest,
    Patient,
    PatientDocument,
    User,
)
from clinic.services.audit import record
from clinic.services.batches import each_alone
from clinic.services.consents import end_consents
from clinic.services.ended_records import refuse_ended
from clinic.services.name_removal import identity_of, remove_identity_from_texts
from clinic.services.stored_files import remove_files

BATCH = 50
IDENTITY_PAPERS = (PatientDocument.Category.IDENTITY, PatientDocument.Category.INSURANCE)
# Whoever is expected here again, waits, or is being seen: an open visit would be written into.
STILL_HERE = (
    *Appointment.OPEN_STATUSES,
    Appointment.Status.ARRIVED,
    Appointment.Status.IN_CONSULTATION,
)


@transaction.atomic
def pseudonymise_patient(*, patient: Patient, actor: User | None, why: str) -> Patient:
    """Remove who a patient is and how to reach them; from then on the record is only read.

    The record number stays as the pseudonym, and of the date of birth the year.
    """
    # The strongest lock: the guard of each table waits for it before it lets a row in.
    stored = Patient.objects.select_for_update().get(pk=patient.pk)
    if stored.has_ended:
        return stored
    if Appointment.objects.filter(patient=stored, status__in=STILL_HERE).exists():
        raise ValidationError(
            _("This patient has an appointment to come. Cancel it first."), code="coming"
        )
    identity = identity_of(stored)
    remove_identity_from_texts(patient=stored, identity=identity, actor=actor)
    end_consents(patient=stored, actor=actor)
    Appointment.objects.filter(patient=stored).update(note="")
    _forget_papers(stored)
    if stored.user:
        _forget_account(stored.user, stored.record_number)
    # Last: once the row says that the record has ended, nothing in it changes any more.
    _forget_person(stored)
    record(
        AuditEvent.Verb.UPDATE,
        actor=actor,
        patient=stored,
        target=stored,
        detail={"pseudonymised": why},
    )
    return stored


def pseudonymise_expired() -> int:
    """Ends the records whose years are over, counted from the last visit; returns how many."""
    years = ClinicSettings.objects.current().retention_years
    today = timezone.localtime()
    try:
        before = today.replace(year=today.year - years)
    except ValueError:  # the 29th of February
        before = today.replace(year=today.year - years, day=28)
    expired = (
        Patient.objects.filter(pseudonymised_at__isnull=True)
        .annotate(last_seen=Coalesce(Max("appointments__starts_at"), "created_at"))
        .filter(last_seen__lt=before)
        .exclude(pk__in=ErasureRequest.objects.waiting().values("patient"))
        .exclude(pk__in=Appointment.objects.filter(status__in=STILL_HERE).values("patient"))
        .order_by("last_seen", "pk")
    )
    keys = list(expired.values_list("pk", flat=True)[:BATCH])
    return each_alone(keys, _end_after_its_years, what="A record could not end")


def _end_after_its_years(key: UUID) -> None:
    pseudonymise_patient(patient=Patient.objects.get(pk=key), actor=None, why="retention")


def ask_for_erasure(*, patient: Patient, actor: User, words: str = "") -> ErasureRequest:
    """Takes down that a patient wishes to be forgotten; an admin decides."""
    refuse_ended(patient.pk)
    request = ErasureRequest(patient=patient, asked_by=actor, words=words.strip())
    try:
        with transaction.atomic():
            request.full_clean(validate_constraints=False)
            request.save(force_insert=True)
            record(AuditEvent.Verb.CREATE, actor=actor, patient=patient, target=request)
    except IntegrityError:
        return ErasureRequest.objects.waiting().get(patient=patient)
    return request


@transaction.atomic
def decide_erasure(
    *, request: ErasureRequest, actor: User, decision: str, reason: str
) -> ErasureRequest:
    """Grants or refuses with a reason, once; what is granted is done at once."""
    stored = ErasureRequest.objects.select_for_update(no_key=True).get(pk=request.pk)
    if stored.decided_at is not None:
        raise ValidationError(_("This request is decided already."), code="decided")
    if not reason.strip():
        raise ValidationError({"reason": _("Say in a few words why.")})
    stored.decision, stored.reason = decision, reason.strip()
    stored.decided_by, stored.decided_at = actor, timezone.now()
    stored.full_clean()
    stored.save()
    record(
        AuditEvent.Verb.UPDATE,
        actor=actor,
        patient=stored.patient,
        target=stored,
        detail={"decision": decision},
    )
    if decision == ErasureRequest.Decision.GRANTED:
        pseudonymise_patient(patient=stored.patient, actor=actor, why="erasure")
    return stored


def count_waiting_erasures() -> int:
    """How many requests wait for a decision."""
    return ErasureRequest.objects.waiting().count()


def record_erasure_list(*, actor: User, count: int) -> None:
    """Notes that somebody read who asked to be forgotten."""
    record(AuditEvent.Verb.LIST, actor=actor, detail={"of": "erasure_requests", "count": count})


def _forget_person(patient: Patient) -> None:
    """Write the number in place of the name, and nothing in place of the rest."""
    patient.full_name = patient.record_number
    patient.search_name = patient.record_number.lower()
    patient.birth_date = date(patient.birth_date.year, 1, 1)
    patient.preferred_name = patient.national_id = patient.insurer = ""
    patient.emergency_contact = patient.email = patient.duplicate_reason = ""
    patient.phone = ""
    patient.has_email_reminders = patient.has_sms_reminders = False
    patient.is_possible_duplicate = False
    patient.pseudonymised_at = timezone.now()
    patient.save()


def _forget_papers(patient: Patient) -> None:
    """Removes copies of cards and passports; their rows say that there were some."""
    papers = patient.received_documents.filter(category__in=IDENTITY_PAPERS)
    names = [paper.file.name for paper in papers]
    papers.update(title=str(PatientDocument._meta.verbose_name), is_shared=False)
    transaction.on_commit(partial(remove_files, *names))


def _forget_account(user: User, pseudonym: str) -> None:
    """Ends the patient's login; its row stays, because other rows say who did what."""
    portrait = user.photograph.name
    EmailAddress.objects.filter(user=user).delete()
    user.full_name = pseudonym
    user.email = f"{pseudonym.lower()}@erased.invalid"
    user.phone = ""
    user.photograph = ""
    user.is_active = False
    # The sessions hang on the password: without it they end now and never come back.
    user.set_unusable_password()
    user.save()
    if portrait:
        transaction.on_commit(partial(remove_files, portrait))
