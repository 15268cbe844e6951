"""How a record loses its name: whoever it was of is no longer known here.

Nothing clinical is deleted: the rows stay. From their texts the patient's own names, phones and
e-mails are taken out, see `name_removal`.
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


def refuse_still_here(patient: Patient) -> None:
    """Reject the end of a record into which somebody will write again."""
    here = Appointment.objects.filter(patient=patient, status__in=STILL_HERE)
    if here.filter(status=Appointment.Status.IN_CONSULTATION).exists():
        raise ValidationError(
            _("A visit of this patient is not signed yet. It has to be signed first."),
            code="coming",
        )
    if here.exists():
        raise ValidationError(
            _("This patient has an appointment to come. Cancel it first."), code="coming"
        )


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
    """Remove copies of cards and passports; their rows say that there were some."""
    papers = patient.received_documents.filter(category__in=IDENTITY_PAPERS)
    names = [paper.file.name for paper in papers]
    papers.update(title=str(PatientDocument._meta.verbose_name), is_shared=False)
    transaction.on_commit(partial(remove_files, *names))


def _addresses_of(patient: Patient) -> list[str]:
    """Return the e-mails by which the patient was ever known here, in small letters."""
    addresses = [patient.email, patient.user.email if patient.user else ""]
    addresses += former_values(patient, FormerIdentity.Kind.EMAIL)
    return [address.lower() for address in addresses if address]


def _forget_account(user: User, pseudonym: str) -> None:
    """End the patient's login; its row stays, because other rows say who did what."""
    portrait = user.photograph.name
    end_sessions(user)
    EmailAddress.objects.filter(user=user).delete()
    # A passkey bears the name that its owner gave it, and the news say what happened when.
    Authenticator.objects.filter(user=user).delete()
    Notification.objects.filter(recipient=user).delete()
    NotificationDigest.objects.filter(recipient=user).delete()
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
