"""A doctor opens a record in an emergency: with a reason, for an hour, and observed."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from clinic.models import Appointment, AuditEvent, EmergencyAccess, Notification
from clinic.people.permissions import patients_in_care, visible_emergencies
from clinic.people.services.emergency import open_emergency_access
from clinic.tasks import remind_of_emergency_reviews_task
from tests.access_table import ROLES
from tests.factories import AppointmentFactory, PatientFactory
from tests.test_access_matrix import EMPTY_FORM, ROWS, address

pytestmark = pytest.mark.both_engines

OPEN = reverse("clinic:emergency_open")
LIST = reverse("clinic:emergency_list")
PASSWORD = "a long password of a doctor"
REASON = "Brought in unconscious."
Verb = AuditEvent.Verb
# Forms that write, the list of those who opened the record, and the code for the patient's login.
OF_TREATING_DOCTORS = {
    "clinic:visit_sign",
    "clinic:patient_edit",
    "clinic:patient_access",
    "clinic:record_code",
    "diagnosis:lesion_edit",
}
FILES = [
    ("diagnosis:image_file", "photograph"),
    ("diagnosis:image_thumbnail", "photograph"),
    ("diagnosis:class_map", "prediction"),
    ("clinic:document_file", "clinical_paper"),
    ("clinic:document_file", "insurance_card"),
    ("clinic:prescription_pdf", "prescription"),
    ("diagnosis:visit_report", "signed"),
    ("diagnosis:referral_letter", "letter"),
]


@pytest.fixture
def stranger(other_doctor):
    other_doctor.set_password(PASSWORD)
    other_doctor.save()
    return other_doctor


def say(client, **said):
    return client.post(OPEN, {"reason": REASON, "password": PASSWORD} | said)


def record_of(patient):
    return reverse("clinic:patient_detail", args=[patient.pk])


def let_it_end():
    """Let an hour pass for every access."""
    for access in EmergencyAccess.objects.all():
        access.started_at -= timedelta(minutes=60)
        access.ends_at -= timedelta(minutes=60)
        access.save()


def test_a_doctor_opens_a_strangers_record_for_sixty_minutes(sign_in, stranger, patient):
    client = sign_in(stranger)
    assert client.get(record_of(patient)).status_code == 404

    response = say(client, record_number=patient.record_number)

    assert response["Location"] == record_of(patient)
    assert client.get(record_of(patient)).status_code == 200
    access = EmergencyAccess.objects.get()
    assert (access.doctor, access.patient, access.reason) == (stranger, patient, REASON)
    assert access.ends_at - access.started_at == timedelta(minutes=60)
    event = AuditEvent.objects.get(verb=Verb.EMERGENCY)
    assert (event.actor, event.patient, event.target_id) == (stranger, patient, str(access.pk))
    assert event.detail == {}


def test_full_name_and_date_of_birth_find_the_patient_too(sign_in, stranger, patient):
    said = {"full_name": "patient  PAUL", "birth_date": patient.birth_date.isoformat()}

    assert say(sign_in(stranger), **said)["Location"] == record_of(patient)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"record_number": "P-999999"},
        {"record_number": "Paul Patient"},
        {"full_name": "Paul Patient"},
        {"full_name": "Paul", "birth_date": "1980-05-17"},
        {"full_name": "Paul Patient", "birth_date": "1900-01-01"},
    ],
)
def test_nobody_is_found_by_less_than_that(sign_in, stranger, patient, said):
    response = say(sign_in(stranger), **said)

    assert response.status_code == 422
    assert not EmergencyAccess.objects.exists()
    assert patient.record_number not in response.content.decode()


def test_two_people_of_one_name_and_birthday_are_nobody(sign_in, stranger, patient):
    PatientFactory(full_name=patient.full_name, birth_date=patient.birth_date)
    said = {"full_name": patient.full_name, "birth_date": patient.birth_date.isoformat()}

    assert say(sign_in(stranger), **said).status_code == 422


@pytest.mark.parametrize("reason", ["", "urgent", " " * 30])
def test_it_takes_a_reason(sign_in, stranger, patient, reason):
    response = say(sign_in(stranger), record_number=patient.record_number, reason=reason)

    assert response.status_code == 422
    assert not EmergencyAccess.objects.exists()


def test_a_wrong_password_opens_nothing_tells_nothing_and_is_written_down(
    sign_in, stranger, patient
):
    client = sign_in(stranger)
    known = say(client, record_number=patient.record_number, password="wrong")
    unknown = say(client, record_number="P-999999", password="wrong")

    assert known.status_code == unknown.status_code == 422
    assert "No patient, or more than one" not in unknown.content.decode()
    assert not EmergencyAccess.objects.exists()
    assert AuditEvent.objects.filter(verb=Verb.DENIED, actor=stranger).count() == 2


def test_who_tries_again_and_again_has_to_wait(sign_in, stranger, doctor, patient):
    client = sign_in(stranger)
    for _try in range(10):
        assert say(client, record_number="P-1", password="wrong").status_code == 422

    assert say(client, record_number=patient.record_number).status_code == 429
    assert not EmergencyAccess.objects.exists()
    # Only the person who guesses is slowed down.
    assert say(sign_in(doctor), record_number="P-1").status_code == 422


def test_a_doctor_who_treats_the_patient_needs_no_emergency(sign_in, doctor, patient, appointment):
    doctor.set_password(PASSWORD)
    doctor.save()

    response = say(sign_in(doctor), record_number=patient.record_number)

    assert response["Location"] == record_of(patient)
    assert not EmergencyAccess.objects.exists()


def test_a_second_click_opens_no_second_access(stranger, patient, admin):
    one = open_emergency_access(doctor=stranger, patient=patient, reason=REASON)
    other = open_emergency_access(doctor=stranger, patient=patient, reason=REASON)

    assert one == other
    assert Notification.objects.filter(recipient=admin).count() == 1


def test_it_ends_by_itself_after_an_hour(sign_in, stranger, patient):
    client = sign_in(stranger)
    open_emergency_access(doctor=stranger, patient=patient, reason=REASON)
    assert client.get(record_of(patient)).status_code == 200

    let_it_end()

    assert client.get(record_of(patient)).status_code == 404
    assert not patients_in_care(stranger).exists()
    assert "Emergency access to the record" not in client.get("/day/").content.decode()


@pytest.mark.parametrize(("url", "of"), FILES)
def test_every_file_opens_with_it_and_closes_with_it(url, of, cast, things, patient, sign_in):
    stranger = cast["doc2"]
    client = sign_in(stranger)
    arguments = {"pk": things[of].pk} | ({"label": "mel"} if url.endswith("class_map") else {})
    path = reverse(url, kwargs=arguments)
    assert client.get(path).status_code == 404

    open_emergency_access(doctor=stranger, patient=patient, reason=REASON)
    assert client.get(path).status_code == 200
    let_it_end()
    assert client.get(path).status_code == 404


def test_it_opens_what_the_patients_doctor_reads_and_nothing_of_others(
    cast, things, patient, other_patient, sign_in
):
    """Check every page that the treating doctor can read, except the doctor's own things."""
    stranger = cast["doc2"]
    client = sign_in(stranger)
    open_emergency_access(doctor=stranger, patient=patient, reason=REASON)
    own_things = {"doctor", "account", "news", "template", "atlas_proposal", "absence", "emergency"}
    closed = []
    for row in ROWS:
        is_read = row.method == "GET" and row.expected[ROLES.index("doct")] == "200"
        if not is_read or row.of in own_things | {"-"} or row.url in OF_TREATING_DOCTORS:
            continue
        status = client.get(address(row, things)).status_code
        if status != 200:
            closed.append(f"{row}: {status}")

    assert not closed
    assert list(patients_in_care(stranger)) == [patient]
    assert client.get(record_of(other_patient)).status_code == 404


def test_nothing_is_written_under_it(cast, things, patient, sign_in):
    """Check that every button about the patient is refused or changes nothing."""
    stranger = cast["doc2"]
    client = sign_in(stranger)
    open_emergency_access(doctor=stranger, patient=patient, reason=REASON)
    last = AuditEvent.objects.order_by("-pk").first().pk
    for row in ROWS:
        if row.method == "POST" and row.of != "-":
            client.post(address(row, things), EMPTY_FORM | {"shared": "yes", "reason": "None."})

    writing = [Verb.CREATE, Verb.UPDATE, Verb.SIGN, Verb.REVIEW, Verb.TRANSITION]
    written = AuditEvent.objects.filter(
        pk__gt=last, actor=stranger, verb__in=writing, patient=patient
    )
    assert list(written.values("verb", "target_type", "detail")) == []


@pytest.mark.parametrize(
    ("url", "of"),
    [
        ("clinic:patient_edit", "patient"),
        ("clinic:patient_documents", "patient"),
        ("clinic:consent_record", "patient"),
        ("clinic:document_share", "clinical_paper"),
        ("clinic:visit_save", "visit"),
        ("clinic:visit_sign", "visit"),
        ("clinic:addendum_add", "signed"),
        ("diagnosis:image_upload", "visit"),
        ("diagnosis:lesion_edit", "lesion"),
        ("diagnosis:prediction_review", "prediction"),
    ],
)
def test_writing_stays_with_the_own_visits(url, of, cast, things, patient, sign_in):
    open_emergency_access(doctor=cast["doc2"], patient=patient, reason=REASON)

    response = sign_in(cast["doc2"]).post(reverse(url, args=[things[of].pk]))

    assert response.status_code == 403


def test_it_books_no_appointment_by_which_it_would_last(sign_in, stranger, patient):
    open_emergency_access(doctor=stranger, patient=patient, reason=REASON)

    response = sign_in(stranger).post(
        reverse("clinic:appointment_book"), {"patient": patient.pk, "doctor": stranger.doctor.pk}
    )

    assert response.status_code == 422
    assert "patient" in response.context["form"].errors
    assert not Appointment.objects.exists()


def test_a_banner_says_so_on_each_page_and_ends_it(sign_in, stranger, patient):
    client = sign_in(stranger)
    access = open_emergency_access(doctor=stranger, patient=patient, reason=REASON)
    own = AppointmentFactory(patient=PatientFactory(), doctor=stranger.doctor).patient
    for path in (
        record_of(patient),
        reverse("diagnosis:timeline", args=[patient.pk]),
        record_of(own),
        reverse("clinic:doctor_day"),
    ):
        page = BeautifulSoup(client.get(path).content, "html.parser")
        [line] = page.select("aside .notice-line")
        assert f"the record of {patient.full_name} until" in line.get_text()
        assert line.a["href"] == record_of(patient)
        assert line.form["action"] == reverse("clinic:emergency_end", args=[access.pk])

    client.post(reverse("clinic:emergency_end", args=[access.pk]))

    assert client.get(record_of(patient)).status_code == 404
    access.refresh_from_db()
    assert access.ends_at <= timezone.now()
    assert AuditEvent.objects.filter(target_id=str(access.pk), detail__ended=True).count() == 1


def test_to_end_it_twice_changes_nothing(sign_in, stranger, patient):
    client = sign_in(stranger)
    access = open_emergency_access(doctor=stranger, patient=patient, reason=REASON)
    path = reverse("clinic:emergency_end", args=[access.pk])
    client.post(path)
    ended = EmergencyAccess.objects.get().ends_at
    client.post(path)

    assert EmergencyAccess.objects.get().ends_at == ended


def test_each_admin_is_told_and_finds_what_was_read(sign_in, stranger, patient, admin):
    open_emergency_access(doctor=stranger, patient=patient, reason=REASON)
    sign_in(stranger).get(record_of(patient))
    news = Notification.objects.get(recipient=admin)
    client = sign_in(admin)

    assert "A record was opened in an emergency" in client.get("/notifications/").content.decode()
    page = client.post(reverse("clinic:notification_open", args=[news.pk]), follow=True)

    text = page.content.decode()
    assert REASON in text
    assert patient.full_name in text
    assert [entry.event.verb for entry in page.context["entries"]] == ["view", "emergency"]


def review(client, access, **said):
    path = reverse("clinic:emergency_review", args=[access.pk])
    return client.post(path, {"verdict": "justified", "note": "Asked the ward."} | said)


def test_an_admin_gives_a_verdict_once(sign_in, stranger, patient, admin):
    access = open_emergency_access(doctor=stranger, patient=patient, reason=REASON)
    client = sign_in(admin)

    assert review(client, access)["Location"] == LIST
    assert review(client, access, verdict="not_justified").status_code == 409

    access.refresh_from_db()
    assert (access.verdict, access.note, access.reviewed_by) == (
        "justified",
        "Asked the ward.",
        admin,
    )
    assert AuditEvent.objects.get(verb=Verb.REVIEW).detail == {"verdict": "justified"}


@pytest.mark.parametrize("said", [{"verdict": ""}, {"note": " "}])
def test_a_verdict_takes_a_word_and_a_note(sign_in, stranger, patient, admin, said):
    access = open_emergency_access(doctor=stranger, patient=patient, reason=REASON)

    assert review(sign_in(admin), access, **said).status_code == 422
    access.refresh_from_db()
    assert access.reviewed_at is None


def older(access, hours):
    access.started_at -= timedelta(hours=hours)
    access.ends_at -= timedelta(hours=hours)
    access.save()


def test_what_nobody_reviewed_in_72_hours_is_shown_as_overdue(sign_in, stranger, patient, admin):
    access = open_emergency_access(doctor=stranger, patient=patient, reason=REASON)
    client = sign_in(admin)
    older(access, 71)
    assert "Overdue" not in client.get(LIST).content.decode()

    older(access, 2)

    assert "Overdue" in client.get(LIST).content.decode()


def test_admins_are_reminded_once_a_day_until_somebody_has_reviewed_it(
    sign_in, stranger, patient, admin
):
    def reminders():
        remind_of_emergency_reviews_task()
        return Notification.objects.filter(recipient=admin, kind="emergency_overdue").count()

    access = open_emergency_access(doctor=stranger, patient=patient, reason=REASON)
    assert reminders() == 0
    older(access, 73)
    assert reminders() == reminders() == 1
    older(access, 24)
    assert reminders() == 2

    review(sign_in(admin), access)
    older(EmergencyAccess.objects.get(), 24)
    assert reminders() == 2


def test_a_doctor_sees_the_own_accesses_and_an_admin_all(stranger, doctor, patient, admin):
    access = open_emergency_access(doctor=stranger, patient=patient, reason=REASON)

    assert list(visible_emergencies(stranger)) == [access]
    assert not visible_emergencies(doctor).exists()
    assert list(visible_emergencies(admin)) == [access]


def test_the_database_keeps_the_order_of_its_times_and_the_whole_of_a_verdict(stranger, patient):
    access = open_emergency_access(doctor=stranger, patient=patient, reason=REASON)
    rows = EmergencyAccess.objects.filter(pk=access.pk)

    with pytest.raises(IntegrityError, match="ends_after_it_starts"), transaction.atomic():
        rows.update(ends_at=access.started_at)
    with pytest.raises(IntegrityError, match="verdict_and_note"), transaction.atomic():
        rows.update(verdict="justified")
