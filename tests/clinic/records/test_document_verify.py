"""Anybody with a paper can check whether it is valid, and learns nothing else."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from clinic.models import AuditEvent, IssuedDocument, Prescription, PrescriptionLine


@pytest.fixture
def prescription(consultation, doctor):
    prescription = Prescription.objects.create(
        consultation=consultation,
        status="signed",
        signed_at=datetime(2026, 11, 24, 23, 30, tzinfo=UTC),
        signed_by=doctor,
    )
    PrescriptionLine.objects.create(
        prescription=prescription, drug="Hydrocortisone", dose="1", frequency="1", duration="1"
    )
    return prescription


@pytest.fixture
def document(prescription):
    return IssuedDocument.objects.create(
        consultation=prescription.consultation,
        kind=IssuedDocument.Kind.PRESCRIPTION,
        issued_at=prescription.signed_at,
    )


@pytest.fixture
def says_nothing_else(prescription, document, doctor, patient):
    """Check that a page contains nothing from the paper."""
    secrets = [
        "Hydrocortisone", doctor.full_name, patient.full_name, patient.record_number, "1980",
        "rescription", str(document.pk), str(prescription.pk), str(patient.pk),
    ]  # fmt: skip

    def _says_nothing_else(page):
        return not [secret for secret in secrets if secret in page]

    return _says_nothing_else


def ask(client, token):
    response = client.get(f"/verify/{token}/")
    return response, " ".join(response.content.decode().split())


def test_a_paper_that_holds_is_valid_since_its_day_by_the_clinics_clock(
    client, document, settings, says_nothing_else
):
    settings.CLINIC_NAME = "Clinique Saint-Élie"
    response, page = ask(client, document.token)
    assert response.status_code == 200
    assert "Valid" in page
    assert "Issued by Clinique Saint-Élie on 25 November 2026." in page
    assert says_nothing_else(page)


def test_a_revoked_paper_says_since_when(
    client, document, prescription, doctor, says_nothing_else, settings
):
    prescription.status, prescription.revoked_by = Prescription.Status.REVOKED, doctor
    prescription.revoked_at = datetime(2026, 12, 1, 9, tzinfo=UTC)
    prescription.revoked_reason = "Rash after two days"
    prescription.save()
    response, page = ask(client, document.token)
    assert response.status_code == 200
    assert "on 25 November 2026, revoked on 1 December 2026. It is no longer valid." in page
    assert "Valid" not in page
    assert "Rash" not in page
    assert says_nothing_else(page)


def test_what_the_clinic_did_not_issue_is_unknown(client, document, prescription, settings):
    for token in ("forged", str(document.pk), str(prescription.pk), document.token.swapcase()):
        response, page = ask(client, token)
        assert response.status_code == 404
        assert f"This is not a document of {settings.CLINIC_NAME}." in page
        assert "Valid" not in page


def test_a_report_stays_valid_when_the_prescription_of_its_visit_is_revoked(
    client, document, prescription, doctor
):
    report = IssuedDocument.objects.create(
        consultation=prescription.consultation,
        kind=IssuedDocument.Kind.VISIT_REPORT,
        issued_at=timezone.now(),
    )
    prescription.status, prescription.revoked_by = Prescription.Status.REVOKED, doctor
    prescription.revoked_at = timezone.now()
    prescription.save()
    _response, page = ask(client, report.token)
    assert "Valid" in page


def test_nobody_keeps_the_page_and_no_search_engine_finds_it(client, document):
    for token in (document.token, "forged"):
        response, page = ask(client, token)
        assert response["Cache-Control"] == "private, no-store"
        assert response["X-Robots-Tag"] == "noindex, nofollow"
        assert '<meta name="robots" content="noindex, nofollow">' in page


def test_asking_costs_two_queries_and_leaves_no_trace(client, document, django_assert_num_queries):
    with django_assert_num_queries(2):
        ask(client, document.token)
    assert not AuditEvent.objects.exists()


def test_a_pharmacy_checks_many_papers_whatever_others_guess_from_its_address(client, document):
    for _number in range(61):
        guessed, _page = ask(client, "guessed")
    assert guessed.status_code == 429
    for _number in range(61):
        response, _page = ask(client, document.token)
        assert response.status_code == 200
