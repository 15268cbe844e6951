"""Every address of the site for doctors with different relations to the patient.

The table of `test_access_matrix.py` has the doctor who treats the patient and one who never did.
Here are two in between: one who also treats the patient, but wrote nothing that is there, and one
whose only appointment with the patient was cancelled.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from clinic.models import Appointment
from tests.access_table import ROLES
from tests.factories import AppointmentFactory, DoctorFactory
from tests.test_access_matrix import ROWS, answer

# What belongs to the doctor and not to the patient.
THE_DOCTOR_S_OWN = {
    "-",
    "account",
    "news",
    "template",
    "atlas_proposal",
    "absence",
    "hours",
    "emergency",
}
# What belongs to the patient or to everybody who treats them; a visit is only its doctor's.
MAY_DO_TOO = {
    "POST clinic:consent_record patient",
    "POST clinic:consent_withdraw consent",
    "POST clinic:document_archive clinical_paper",
    "POST clinic:document_archive insurance_card",
    "POST clinic:document_share clinical_paper",
    "POST clinic:document_share insurance_card",
    "POST clinic:fact_end allergy",
    "POST clinic:patient_documents patient",
    "POST clinic:patient_edit patient",
    "POST clinic:prescription_renew prescription",
    "POST diagnosis:diagnosis_release diagnosis",
    "POST diagnosis:diagnosis_talked diagnosis",
    "POST diagnosis:lesion_edit lesion",
    # The analysis is a machine's job, and the visit's doctor may be gone.
    "POST diagnosis:prediction_request photograph",
    "POST diagnosis:prediction_retry prediction",
    "POST diagnosis:prediction_review prediction",
    "POST diagnosis:review_release review",
    "POST diagnosis:review_talked review",
    "POST diagnosis:visit_report_chosen signed",
    "POST diagnosis:visit_report_chosen visit",
}


def is_of_patient(row):
    return expected_of(row, "doct") != expected_of(row, "doc2") == "404"


def expected_of(row, role):
    return row.expected[ROLES.index(role)]


@pytest.fixture
def colleague(patient):
    """Return a function that creates a doctor with one appointment with the patient."""

    def make(status):
        doctor = DoctorFactory()
        AppointmentFactory(
            doctor=doctor,
            patient=patient,
            status=status,
            starts_at=timezone.now() + timedelta(days=9),
        )
        return doctor.user

    return make


def answers_to(user, things, sign_in, rows):
    session_key = sign_in(user).session.session_key
    return {str(row): answer(row, session_key, things, []) for row in rows}


def test_a_cancelled_appointment_leaves_a_doctor_a_stranger(cast, things, colleague, sign_in):
    found = answers_to(colleague(Appointment.Status.CANCELLED), things, sign_in, ROWS)

    assert found == {str(row): expected_of(row, "doc2") for row in ROWS}


def test_who_treats_the_patient_too_reads_all_of_the_record(cast, things, colleague, sign_in):
    reads = [row for row in ROWS if row.method == "GET"]
    found = answers_to(colleague(Appointment.Status.BOOKED), things, sign_in, reads)

    expected = {
        str(row): expected_of(row, "doc2" if row.of in THE_DOCTOR_S_OWN else "doct")
        for row in reads
    }
    # Given out by the doctor whom the patient sees that day.
    expected["GET clinic:record_code patient"] = "403"
    # Only the visit's doctor signs it.
    expected["GET clinic:visit_sign visit"] = "403"
    assert found == expected


def test_who_treats_the_patient_too_writes_in_nobody_else_s_visit(cast, things, colleague, sign_in):
    of_patient = [
        row
        for row in ROWS
        if row.method == "POST" and row.of not in THE_DOCTOR_S_OWN and is_of_patient(row)
    ]
    found = answers_to(colleague(Appointment.Status.BOOKED), things, sign_in, of_patient)

    allowed = {row for row, status in found.items() if status != "403"}
    assert allowed == MAY_DO_TOO
