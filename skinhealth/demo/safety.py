"""Work for the demo's admin: records opened in an emergency, and a request for erasure."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from clinic.office.services.erasure import STILL_HERE
from clinic.office.services.retention import ask_for_erasure
from clinic.people.models.emergency import EmergencyAccess
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.permissions import treated_patients
from clinic.people.services.accounts import create_patient_account
from clinic.people.services.emergency import (
    end_emergency_access,
    open_emergency_access,
    review_emergency_access,
)
from clinic.people.services.patients import record_patient_view
from clinic.people.services.record_access import hand_out_code, open_own_record
from clinic.scheduling.models.appointment import Appointment
from skinhealth.demo.cast import Cast
from skinhealth.demo.clock import Clock, hand_wound_clock


@dataclass(frozen=True)
class DemoEmergency:
    """A record opened by a doctor who does not treat the patient; unreviewed if it has no note."""

    hours_ago: int
    doctor: int
    reason: str
    note: str = ""


# By the doctors who work half-days, because the first doctor treats nearly everybody.
EMERGENCIES = (
    DemoEmergency(
        9 * 24,
        2,
        "The emergency department rings: swollen face and short of breath after a new cream. "
        "They need the known allergies and the drugs at once.",
        "Rang the department back: the call is in their book; the record was open only briefly.",
    ),
    DemoEmergency(
        6,
        1,
        "Called by the hospital’s doctor on duty: blisters all over the body since last night. "
        "The patient cannot say which drugs were prescribed here.",
    ),
)
OPEN_MINUTES = 11
REVIEWED_AFTER = timedelta(hours=20)
ASKED_DAYS_AGO = 2
WISH = "I have moved to another town and will not come back. Please delete what you have about me."


def fill_safety(*, admin: User, cast: Cast, crowd: list[Patient]) -> None:
    """Create two emergencies and one request for erasure in the recent past."""
    now = timezone.now()
    with hand_wound_clock() as clock:
        for emergency in EMERGENCIES:
            doctor = cast.doctors[emergency.doctor].user
            clock.set(now - timedelta(hours=emergency.hours_ago))
            access = _open(emergency, doctor, _stranger(doctor, crowd), clock)
            if emergency.note:
                clock.set(access.started_at + REVIEWED_AFTER)
                review_emergency_access(
                    access=access,
                    actor=admin,
                    verdict=EmergencyAccess.Verdict.JUSTIFIED,
                    note=emergency.note,
                )
        clock.set(now - timedelta(days=ASKED_DAYS_AGO))
        leaver = _leaver(crowd)
        login = create_patient_account(actor=cast.secretary, patient=leaver)
        # The password that everybody in the demo has, without the time needed to hash it.
        User.objects.filter(pk=login.pk).update(password=admin.password)
        code = hand_out_code(patient=leaver, doctor=cast.doctors[0].user)
        open_own_record(patient=leaver, user=login, code=code)
        clock.advance(minutes=12)
        ask_for_erasure(patient=leaver, actor=login, words=WISH)


def _open(
    emergency: DemoEmergency, doctor: User, patient: Patient, clock: Clock
) -> EmergencyAccess:
    access = open_emergency_access(doctor=doctor, patient=patient, reason=emergency.reason)
    clock.advance(minutes=1)
    record_patient_view(patient=patient, actor=doctor)
    clock.advance(minutes=OPEN_MINUTES)
    end_emergency_access(access=access, actor=doctor)
    return access


def _stranger(doctor: User, crowd: list[Patient]) -> Patient:
    """Return the oldest patient whom the doctor does not treat."""
    others = Patient.objects.filter(
        pk__in=[one.pk for one in crowd], emergency_accesses=None
    ).exclude(pk__in=treated_patients(doctor).values("pk"))
    return others.order_by("birth_date", "record_number")[0]


def _leaver(crowd: list[Patient]) -> Patient:
    """Return a patient with an email address for a login, preferably one without appointments."""
    coming = Appointment.objects.filter(patient=OuterRef("pk"), status__in=STILL_HERE)
    known = Patient.objects.filter(pk__in=[one.pk for one in crowd], user=None).exclude(email="")
    return known.order_by(Exists(coming), "record_number")[0]
