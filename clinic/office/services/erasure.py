"""End a record: the patient can then no longer be identified.

Nothing clinical is deleted: the rows stay. The patient's own names, phones and email addresses are
removed from their texts, see `name_removal`.
"""

from datetime import date
from functools import partial

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.core.files.stored import remove_files
from clinic.office.services.name_removal import identity_of, remove_identity_from_texts
from clinic.people.models.patient import Patient
from clinic.people.models.record_ending import FormerIdentity
from clinic.people.models.sign_up import SignUpCode
from clinic.people.models.unsent_form import UnsentForm
from clinic.people.models.user import User
from clinic.people.services.consents import end_consents
from clinic.people.services.former_identities import former_values
from clinic.people.services.sessions import end_sessions
from clinic.records.models.document import PatientDocument
from clinic.scheduling.models.appointment import Appointment
from clinic.trail.models.audit import AuditEvent
from clinic.trail.models.notification import Notification, NotificationDigest
from clinic.trail.services.audit import record

IDENTITY_PAPERS = (PatientDocument.Category.IDENTITY, PatientDocument.Category.INSURANCE)
# The patient is expected, waiting or being seen: somebody would still write into an open visit.
STILL_HERE = (
    *Appointment.OPEN_STATUSES,
    Appointment.Status.ARRIVED,
    Appointment.Status.IN_CONSULTATION,
)


@transaction.atomic
def pseudonymise_patient(*, patient: Patient, actor: User | None, why: str) -> Patient:
    """Remove the patient's identity and contact data; from then on the record is read-only.

    The record number stays as the pseudonym, and the year of the date of birth.
    """
    # The strongest lock: each table's trigger waits for it before it accepts a row.
    stored = Patient.objects.select_for_update().get(pk=patient.pk)
    if stored.has_ended:
        return stored
    refuse_still_here(stored)
    identity = identity_of(stored)
    remove_identity_from_texts(patient=stored, identity=identity, actor=actor)
    end_consents(patient=stored, actor=actor)
    Appointment.objects.filter(patient=stored).update(note="")
    _forget_papers(stored)
    SignUpCode.objects.filter(email__in=_addresses_of(stored)).delete()
    if stored.user:
        _forget_account(stored.user, stored.record_number)
    stored.former_identities.all().delete()
    # Last, because once the row says that the record has ended, nothing in it can change.
    _forget_person(stored)
    record(
        AuditEvent.Verb.UPDATE,
        actor=actor,
        patient=stored,
        target=stored,
        detail={"pseudonymised": why},
    )
    return stored


def refuse_still_here(patient: Patient) -> None:
    """Refuse to end a record into which somebody will write again."""
    here = Appointment.objects.filter(patient=patient, status__in=STILL_HERE)
    if here.filter(status=Appointment.Status.IN_CONSULTATION).exists():
        raise ValidationError(
            _("A visit of this patient is not signed yet. It has to be signed first."),
            code="coming",
        )
    if here.exists():
        raise ValidationError(
            _("This patient has an upcoming appointment. Cancel it first."), code="coming"
        )


def _forget_person(patient: Patient) -> None:
    """Replace the name with the record number, and clear the rest."""
    patient.full_name = patient.record_number
    patient.search_name = patient.record_number.lower()
    patient.folded_name = patient.joined_names = patient.name_key = ""
    patient.birth_date = date(patient.birth_date.year, 1, 1)
    patient.preferred_name = patient.national_id = patient.insurer = ""
    patient.emergency_contact = patient.email = patient.duplicate_reason = ""
    patient.phone = ""
    patient.has_email_reminders = patient.has_sms_reminders = False
    patient.is_possible_duplicate = False
    patient.pseudonymised_at = timezone.now()
    patient.save()


def _forget_papers(patient: Patient) -> None:
    """Remove copies of cards and passports; their rows still say that they existed."""
    papers = patient.received_documents.filter(category__in=IDENTITY_PAPERS)
    names = [paper.file.name for paper in papers]
    papers.update(title=str(PatientDocument._meta.verbose_name), is_shared=False)
    transaction.on_commit(partial(remove_files, *names))


def _addresses_of(patient: Patient) -> list[str]:
    """Return all email addresses that the patient ever had here, in lower case."""
    addresses = [patient.email, patient.user.email if patient.user else ""]
    addresses += former_values(patient, FormerIdentity.Kind.EMAIL)
    return [address.lower() for address in addresses if address]


def _forget_account(user: User, pseudonym: str) -> None:
    """End the patient's login; the account row stays, because other rows say who did what."""
    portrait = user.photograph.name
    end_sessions(user)
    EmailAddress.objects.filter(user=user).delete()
    # A passkey has a name given by its owner, and notifications say what happened when.
    Authenticator.objects.filter(user=user).delete()
    Notification.objects.filter(recipient=user).delete()
    NotificationDigest.objects.filter(recipient=user).delete()
    UnsentForm.objects.filter(owner=user).delete()
    user.full_name = pseudonym
    user.email = f"{pseudonym.lower()}@erased.invalid"
    user.phone = ""
    user.photograph = ""
    user.is_active = False
    # Sessions depend on the password: without it they end now and never come back.
    user.set_unusable_password()
    user.save()
    if portrait:
        transaction.on_commit(partial(remove_files, portrait))
