"""Rows for tests, with fixed values where a test may check them."""

import time
from base64 import b32decode
from datetime import date, timedelta
from secrets import token_hex

import factory
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.utils import timezone

from clinic.models import (
    Appointment,
    Availability,
    Consent,
    Consultation,
    Doctor,
    Patient,
    User,
    VisitType,
)
from clinic.people.names import name_columns

PASSWORD = "correct horse battery"
# The secret of everybody's authenticator app.
TOTP_SECRET = "JBSWY3DPEHPK3PXP"


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    full_name = factory.Sequence(lambda n: f"Person {n}")
    role = User.Role.PATIENT

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        return model_class.objects.create_user(password=PASSWORD, **kwargs)


class DoctorFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Doctor

    user = factory.SubFactory(UserFactory, role=User.Role.DOCTOR)


class PatientFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Patient

    record_number = factory.Sequence(lambda n: f"P-{n:06d}")
    full_name = factory.Sequence(lambda n: f"Patient {n}")
    search_name = factory.LazyAttribute(lambda patient: patient.full_name.lower())
    folded_name = factory.LazyAttribute(lambda p: name_columns(p.full_name)["folded_name"])
    joined_names = factory.LazyAttribute(lambda p: name_columns(p.full_name)["joined_names"])
    birth_date = date(1980, 5, 17)
    phone = "+33612345678"
    user = None
    # Logins count as proved long ago; `test_chains_to_a_record.py` is about the others.
    record_opened_at = factory.LazyAttribute(lambda p: timezone.now() if p.user else None)
    record_opened_how = factory.LazyAttribute(lambda p: "code" if p.user else "")


class AvailabilityFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Availability

    doctor = factory.SubFactory(DoctorFactory)
    weekday = 0
    starts_at = "09:00"
    ends_at = "12:00"


class AppointmentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Appointment

    patient = factory.SubFactory(PatientFactory)
    doctor = factory.SubFactory(DoctorFactory)
    visit_type = factory.LazyFunction(lambda: VisitType.objects.get(code="follow-up"))
    starts_at = factory.LazyFunction(lambda: timezone.now().replace(second=0, microsecond=0))
    ends_at = factory.LazyAttribute(lambda a: a.starts_at + timedelta(minutes=15))
    created_by = factory.LazyAttribute(lambda a: a.doctor.user)


class ConsultationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Consultation
        skip_postgeneration_save = True

    appointment = factory.SubFactory(AppointmentFactory, status=Appointment.Status.IN_CONSULTATION)
    patient = factory.LazyAttribute(lambda c: c.appointment.patient)
    doctor = factory.LazyAttribute(lambda c: c.appointment.doctor)

    @factory.post_generation
    def photography_consent(self, create, agreed, **_options):
        """Give consent to photographs, unless `photography_consent=False`."""
        if (
            create
            and agreed is not False
            and not self.patient.consents.filter(
                purpose="photography", withdrawn_at__isnull=True
            ).exists()
        ):
            ConsentFactory(
                patient=self.patient, purpose="photography", recorded_by=self.doctor.user
            )


class ConsentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Consent

    patient = factory.SubFactory(PatientFactory)
    purpose = Consent.Purpose.AI_ANALYSIS
    document_version = "1"
    method = Consent.Method.PAPER
    given_at = factory.LazyFunction(timezone.now)
    recorded_by = factory.SubFactory(UserFactory, role=User.Role.SECRETARY)


def with_app(user):
    """Give the person an authenticator app and ten recovery codes."""
    seal = get_adapter().encrypt
    kept = {
        Authenticator.Type.TOTP: {"secret": seal(TOTP_SECRET)},
        Authenticator.Type.RECOVERY_CODES: {"seed": seal(token_hex(40)), "used_mask": 0},
    }
    for kind, data in kept.items():
        Authenticator.objects.create(user=user, type=kind, data=data)
    return user


def code_of_app(secret=TOTP_SECRET):
    """Return what the authenticator app shows now."""
    app = TOTP(b32decode(secret), 6, SHA1(), 30, enforce_key_length=False)
    return app.generate(int(time.time())).decode()
