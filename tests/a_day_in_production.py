"""What a day writes, in a process of its own with the settings of production: see the test."""

import sys
import time
from datetime import timedelta

import django

django.setup()

from django.db import ProgrammingError, connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from clinic.models import AuditEvent, AuditLink  # noqa: E402
from clinic.records.services.consultations import open_visit, sign_visit  # noqa: E402
from clinic.scheduling.services.appointments import (  # noqa: E402
    Booking,
    book_appointment,
    move_appointment,
)
from clinic.trail.services.audit_chain import seal_events  # noqa: E402
from diagnosis.lesions.services.photographs import upload_image  # noqa: E402
from diagnosis.predictions.services.predictions import request_prediction  # noqa: E402
from diagnosis.reviews.services.reviews import review_prediction  # noqa: E402
from tests import photographs  # noqa: E402
from tests.clinic.desk import visit_type  # noqa: E402
from tests.factories import (  # noqa: E402
    AvailabilityFactory,
    ConsentFactory,
    DoctorFactory,
    PatientFactory,
    UserFactory,
)
from tests.full_visit import written_up  # noqa: E402

WAIT = 90  # seconds
FORBIDDEN = [
    "UPDATE clinic_auditevent SET verb = verb",
    "DELETE FROM clinic_auditevent",
    "TRUNCATE clinic_auditevent CASCADE",
    "UPDATE clinic_auditlink SET hash = hash",
    "DROP TABLE clinic_auditlink",
    "ALTER TABLE clinic_auditevent DISABLE TRIGGER ALL",
    "CREATE TABLE own (id int)",
    "CREATE ROLE another",
]


def live():
    """Book, upload, analyse, review and sign; return how long the worker took."""
    desk = UserFactory(role="secretary")
    doctor = DoctorFactory()
    patient = PatientFactory(full_name="Paul Patient")
    for weekday in range(7):
        AvailabilityFactory(doctor=doctor, weekday=weekday, starts_at="00:00", ends_at="23:59")
    for purpose in ("care", "photography", "ai_analysis"):
        ConsentFactory(patient=patient, purpose=purpose, recorded_by=desk)
    booking = Booking(
        patient=patient,
        doctor=doctor,
        visit_type=visit_type(),
        starts_at=timezone.now() + timedelta(minutes=30),
        overbooked_reason="Now.",
    )
    appointment = book_appointment(booking=booking, actor=desk)
    move_appointment(appointment=appointment, status="arrived", actor=desk)
    visit = open_visit(appointment=appointment, actor=doctor.user)
    image = upload_image(consultation=visit, data=photographs.jpeg(), actor=doctor.user)
    prediction = request_prediction(image=image, actor=doctor.user)
    began = time.monotonic()
    while prediction.is_waiting and time.monotonic() - began < WAIT:
        time.sleep(0.2)
        prediction.refresh_from_db()
    assert prediction.status == "done", prediction.status
    review_prediction(prediction=prediction, actor=doctor.user, decision="referred")
    visit.refresh_from_db()
    saved = written_up(visit, doctor.user, notes="Seen.", conclusion="Come again.")
    assert sign_visit(consultation=saved, actor=doctor.user).is_signed
    return time.monotonic() - began


def try_to_change_the_trail():
    """Try what the site's role must not do; return what went through."""
    seal_events()
    before = (AuditEvent.objects.count(), AuditLink.objects.count())
    went = []
    for statement in FORBIDDEN:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
        except ProgrammingError as error:
            if error.__cause__.sqlstate != "42501":
                went.append(f"{statement}: {error}")
        else:
            went.append(statement)
    assert before == (AuditEvent.objects.count(), AuditLink.objects.count())
    assert min(before) > 5
    return went


if __name__ == "__main__":
    live()
    if went := try_to_change_the_trail():
        sys.exit("\n".join(went))
    sys.stdout.write("The day is over.\n")
