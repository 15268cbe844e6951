import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from clinic.models import AuditEvent, Consent
from clinic.people.services.consents import give_consent, has_consent, withdraw_consent
from tests.clinic.desk import at_once
from tests.factories import ConsentFactory

PURPOSE = Consent.Purpose.AI_ANALYSIS


def record_url(patient):
    return reverse("clinic:consent_record", args=[patient.pk])


def withdraw_url(consent):
    return reverse("clinic:consent_withdraw", args=[consent.pk])


@pytest.fixture
def consent(patient, secretary):
    return ConsentFactory(patient=patient, purpose=PURPOSE, recorded_by=secretary)


def test_a_consent_says_when_how_and_by_whom(desk, secretary, patient):
    response = desk.post(record_url(patient), {"purpose": PURPOSE, "method": "paper"})
    consent = patient.consents.get()
    assert response.url.endswith(f"{reverse('clinic:patient_detail', args=[patient.pk])}#consents")
    assert (consent.method, consent.recorded_by, consent.document_version) == (
        "paper",
        secretary,
        "1",
    )
    assert has_consent(patient=patient, purpose=PURPOSE)
    assert not has_consent(patient=patient, purpose=Consent.Purpose.TRAINING)
    event = AuditEvent.objects.get(verb="create", patient=patient)
    assert event.detail == {
        "purpose": "ai_analysis",
        "method": "paper",
        "document_version": "1",
    }


def test_a_double_click_gives_one_consent(desk, patient):
    for _click in range(2):
        assert (
            desk.post(record_url(patient), {"purpose": PURPOSE, "method": "spoken"}).status_code
            == 302
        )
    assert patient.consents.count() == 1
    assert AuditEvent.objects.filter(verb="create", patient=patient).count() == 1


@pytest.mark.django_db(transaction=True)
def test_desks_that_record_at_once_give_one_consent(patient, secretary):
    def give(_number):
        return give_consent(patient=patient, purpose=PURPOSE, method="paper", actor=secretary).pk

    assert len(set(at_once(6, give))) == 1
    assert patient.consents.count() == 1


def test_a_withdrawn_consent_ends_at_once_and_stays_in_the_record(desk, secretary, consent):
    response = desk.post(withdraw_url(consent))
    consent.refresh_from_db()
    assert response.status_code == 302
    assert consent.withdrawn_by == secretary
    assert not has_consent(patient=consent.patient, purpose=PURPOSE)
    page = desk.get(reverse("clinic:patient_detail", args=[consent.patient.pk])).content.decode()
    assert "withdrawn" in page
    assert AuditEvent.objects.get(verb="update").detail == {
        "purpose": "ai_analysis",
        "withdrawn": True,
    }


def test_withdrawing_twice_keeps_the_first_withdrawal(consent, secretary, doctor):
    first = withdraw_consent(consent=consent, actor=secretary).withdrawn_at
    again = withdraw_consent(consent=consent, actor=doctor)
    assert (again.withdrawn_at, again.withdrawn_by) == (first, secretary)
    assert AuditEvent.objects.filter(verb="update").count() == 1


def test_a_consent_can_be_given_again_after_it_was_withdrawn(desk, consent):
    desk.post(withdraw_url(consent))
    desk.post(record_url(consent.patient), {"purpose": PURPOSE, "method": "paper"})
    assert has_consent(patient=consent.patient, purpose=PURPOSE)
    assert consent.patient.consents.count() == 2


def test_withdrawing_asks_first(desk, consent):
    page = desk.get(reverse("clinic:patient_detail", args=[consent.patient.pk])).content.decode()
    assert "data-confirm=" in page


@pytest.mark.parametrize("fields", [{"purpose": "marketing"}, {"method": "portal"}, {"method": ""}])
def test_a_purpose_or_a_way_that_nobody_offers_is_refused(desk, patient, fields):
    response = desk.post(record_url(patient), {"purpose": PURPOSE, "method": "paper"} | fields)
    assert response.status_code == 422
    assert not patient.consents.exists()


def test_the_service_refuses_a_purpose_that_does_not_exist(patient, secretary):
    with pytest.raises(ValidationError):
        give_consent(patient=patient, purpose="marketing", method="paper", actor=secretary)


def test_a_doctor_records_consents_of_patients_in_care_and_goes_back(
    sign_in, doctor, consultation, other_patient
):
    client = sign_in(doctor)
    visit = reverse("diagnosis:visit", args=[consultation.pk])
    fields = {"purpose": PURPOSE, "method": "spoken", "next": visit}
    assert client.post(record_url(consultation.patient), fields).url == visit
    consent = consultation.patient.consents.get(purpose=PURPOSE)
    assert client.post(withdraw_url(consent), {"next": visit}).url == visit
    assert client.post(record_url(other_patient), fields).status_code == 404


def test_going_back_leads_to_no_other_site(desk, patient):
    fields = {"purpose": PURPOSE, "method": "paper", "next": "//elsewhere.example"}
    response = desk.post(record_url(patient), fields)
    assert response.url.startswith(reverse("clinic:patient_detail", args=[patient.pk]))


def test_who_may_not_record_a_consent(sign_in, admin, other_doctor, patient, consent):
    fields = {"purpose": Consent.Purpose.CARE, "method": "paper"}
    for user, status in ((admin, 403), (patient.user, 403), (other_doctor, 404)):
        client = sign_in(user)
        assert client.post(record_url(patient), fields).status_code == status
        assert client.post(withdraw_url(consent)).status_code == status
    assert has_consent(patient=patient, purpose=PURPOSE)
    assert patient.consents.count() == 1


def test_a_consent_is_never_changed_by_a_link(desk, patient, consent):
    assert desk.get(record_url(patient)).status_code == 405
    assert desk.get(withdraw_url(consent)).status_code == 405


def test_a_visit_tells_a_consent_that_was_withdrawn_from_one_that_nobody_recorded(
    consultation, patient, doctor, secretary, sign_in
):
    browser = sign_in(doctor)
    address = f"/visits/{consultation.pk}/patient/"
    assert "no answer recorded" in browser.get(address).content.decode()
    for purpose in ("photography", "ai_analysis", "training"):
        ConsentFactory(
            patient=patient,
            purpose=purpose,
            recorded_by=secretary,
            withdrawn_at=timezone.now(),
            withdrawn_by=secretary,
        )
    page = browser.get(address).content.decode()
    assert page.count("withdrawn on") == 3
    assert "no answer recorded" not in page
