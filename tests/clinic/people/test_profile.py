"""The profile page: photograph, phone, language and password; and who sees the photograph."""

import io

import pytest
from bs4 import BeautifulSoup
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from clinic.core.files.portraits_and_logos import MAX_BYTES, read_portrait
from clinic.models import AuditEvent
from tests import photographs
from tests.factories import PASSWORD, AppointmentFactory
from tests.forms import post_seen

PROFILE = reverse("clinic:profile")


def photograph_url(user):
    return reverse("clinic:account_photograph", args=[user.pk])


def upload(data, name="me.jpg"):
    return SimpleUploadedFile(name, data, content_type="image/jpeg")


def submission(**values):
    return {"phone": "", "language": "en", **values}


@pytest.fixture
def with_photograph(sign_in):
    """Put a photograph on somebody's profile."""

    def _with_photograph(user):
        response = post_seen(
            sign_in(user),
            PROFILE,
            submission(photograph=upload(photographs.jpeg()), phone=str(user.phone)),
        )
        assert response.status_code == 302
        user.refresh_from_db()
        return user

    return _with_photograph


@pytest.mark.parametrize("role", ["admin", "secretary", "doctor", "patient"])
def test_everybody_has_a_profile(role, request, sign_in):
    person = request.getfixturevalue(role)
    person = person.user if role == "patient" else person
    page = sign_in(person).get(PROFILE)
    assert page.status_code == 200
    text = page.content.decode()
    assert person.email in text
    assert f'href="{reverse("account_change_password")}"' in text


def test_a_profile_needs_a_sign_in(client, db):
    assert client.get(PROFILE).status_code == 302


def test_a_phone_number_is_kept_with_its_country(secretary, sign_in):
    browser = sign_in(secretary)
    assert post_seen(browser, PROFILE, submission(phone="06 12 34 56 78")).status_code == 302
    secretary.refresh_from_db()
    assert str(secretary.phone) == "+33612345678"
    post_seen(browser, PROFILE, submission(phone="+44 7911 123456"))
    secretary.refresh_from_db()
    assert str(secretary.phone) == "+447911123456"


def test_a_wrong_phone_number_is_said_at_its_field_and_kept(secretary, sign_in):
    response = post_seen(sign_in(secretary), PROFILE, submission(phone="call me"))
    assert response.status_code == 422
    page = BeautifulSoup(response.content, "html.parser")
    assert "This is not a complete phone number." in page.select_one("#id_phone_error").get_text()
    assert page.select_one("#id_phone")["value"] == "call me"
    secretary.refresh_from_db()
    assert secretary.phone == ""


def test_a_language_that_the_clinic_does_not_speak_is_refused(secretary, sign_in):
    assert post_seen(sign_in(secretary), PROFILE, submission(language="xx")).status_code == 422


def test_name_address_and_role_are_the_clinics(secretary, sign_in):
    post_seen(
        sign_in(secretary),
        PROFILE,
        submission(full_name="Boss", email="boss@example.org", role="admin"),
    )
    secretary.refresh_from_db()
    assert (secretary.full_name, secretary.email, secretary.role) == (
        "Sam Secretary",
        "secretary@example.org",
        "secretary",
    )


def test_a_change_is_audited_by_the_names_of_its_fields(secretary, sign_in):
    browser = sign_in(secretary)
    post_seen(browser, PROFILE, submission(phone="0612345678"))
    post_seen(browser, PROFILE, submission(phone="0612345678"))
    (event,) = AuditEvent.objects.all()
    assert (event.verb, event.actor) == (AuditEvent.Verb.UPDATE, secretary)
    assert event.detail == {"changed": ["phone"]}


@pytest.mark.parametrize("encode", [photographs.jpeg, photographs.png, photographs.webp])
def test_a_photograph_becomes_a_small_square_without_metadata(encode, secretary, sign_in):
    post_seen(sign_in(secretary), PROFILE, submission(photograph=upload(encode())))
    response = sign_in(secretary).get(photograph_url(secretary))
    assert response["Content-Type"] == "image/jpeg"
    assert response["Cache-Control"] == "private, no-store"
    portrait = Image.open(io.BytesIO(response.content))
    assert (portrait.format, portrait.size, portrait.mode) == ("JPEG", (256, 256), "RGB")


def test_where_a_photograph_was_taken_is_gone_and_it_stands_upright(secretary, sign_in):
    data = photographs.with_gps_lying_on_its_side()
    post_seen(sign_in(secretary), PROFILE, submission(photograph=upload(data)))
    secretary.refresh_from_db()
    with default_storage.open(secretary.photograph.name) as file:
        stored = file.read()
    portrait = Image.open(io.BytesIO(stored))
    assert not portrait.getexif()
    assert "comment" not in portrait.info
    assert b"MAKER-OF-THE-CAMERA" not in stored


def test_a_photograph_that_lies_on_its_side_is_turned():
    half_red = Image.new("RGB", (200, 200), "blue")
    half_red.paste("red", (0, 0, 200, 100))
    exif = Image.Exif()
    exif[0x0112] = 6  # the picture has to be turned right
    data = photographs.encoded(half_red, "JPEG", exif=exif)
    portrait = Image.open(io.BytesIO(read_portrait(upload(data))))
    left, right = portrait.getpixel((20, 128)), portrait.getpixel((230, 128))
    assert left[2] > 200
    assert right[0] > 200


def test_behind_a_cut_out_face_it_is_white():
    clear = photographs.encoded(Image.new("RGBA", (100, 100), (0, 0, 0, 0)), "PNG")
    portrait = Image.open(io.BytesIO(read_portrait(upload(clear))))
    assert portrait.getpixel((128, 128)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (photographs.svg(), "cannot be read as a picture"),
        (photographs.html_named_jpg(), "cannot be read as a picture"),
        (photographs.truncated(), "damaged or cut off"),
        (b"GIF89a" + b"\0" * 100, "cannot be read as a picture"),
        (photographs.decompression_bomb(), "more than 64 million pixels"),
        (photographs.png(size=(8001, 8000)), "more than 64 million pixels"),
        (photographs.jpeg(size=(63, 200)), "at least 64 pixels"),
        (b"\xff\xd8\xff" + b"\0" * MAX_BYTES, "larger than 5 MB"),
    ],
    ids=["svg", "html", "truncated", "gif", "bomb", "pixels", "small", "large"],
)
def test_what_is_no_photograph_is_refused_and_nothing_is_stored(data, words, secretary, sign_in):
    response = post_seen(sign_in(secretary), PROFILE, submission(photograph=upload(data)))
    assert response.status_code == 422
    page = BeautifulSoup(response.content, "html.parser")
    assert words in page.select_one("#id_photograph_error").get_text()
    secretary.refresh_from_db()
    assert secretary.photograph.name == ""


def test_a_photograph_that_is_a_page_too_is_refused(secretary, sign_in):
    data = photographs.polyglot_page()
    response = post_seen(sign_in(secretary), PROFILE, submission(photograph=upload(data)))
    assert "more than a picture" in response.content.decode()
    assert sign_in(secretary).get(photograph_url(secretary)).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_new_photograph_replaces_the_file_of_the_old_one(secretary, with_photograph):
    old = with_photograph(secretary).photograph.name
    new = with_photograph(secretary).photograph.name
    assert old != new
    assert not default_storage.exists(old)
    assert default_storage.exists(new)


@pytest.mark.django_db(transaction=True)
def test_a_photograph_can_be_removed(secretary, with_photograph, sign_in):
    name = with_photograph(secretary).photograph.name
    browser = sign_in(secretary)
    post_seen(browser, PROFILE, submission(removes_photograph="on"))
    assert browser.get(photograph_url(secretary)).status_code == 404
    assert not default_storage.exists(name)


def test_a_full_disk_is_said_and_leaves_no_row_without_a_file(secretary, sign_in, monkeypatch):
    def no_space(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(default_storage, "save", no_space)
    response = post_seen(
        sign_in(secretary),
        PROFILE,
        submission(photograph=upload(photographs.jpeg()), phone="0612345678"),
    )
    assert response.status_code == 422
    assert "could not be stored" in response.content.decode()
    secretary.refresh_from_db()
    assert (secretary.photograph.name, secretary.phone) == ("", "")


def test_a_change_that_fails_leaves_no_file_without_a_row(secretary, sign_in, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr("clinic.people.services.profile.record", broken)
    before = set(stored_portraits())
    with pytest.raises(RuntimeError):
        post_seen(sign_in(secretary), PROFILE, submission(photograph=upload(photographs.jpeg())))
    assert set(stored_portraits()) == before


def stored_portraits():
    if not default_storage.exists("profiles"):
        return []
    return default_storage.listdir("profiles")[1]


def test_colleagues_see_each_other(admin, secretary, doctor, with_photograph, sign_in):
    with_photograph(doctor)
    for colleague in (admin, secretary, doctor):
        assert sign_in(colleague).get(photograph_url(doctor)).status_code == 200
    assert not AuditEvent.objects.filter(verb=AuditEvent.Verb.VIEW).exists()


def test_who_sees_the_record_sees_the_patient(
    admin, secretary, doctor, other_doctor, patient, with_photograph, sign_in
):
    with_photograph(patient.user)
    AppointmentFactory(doctor=doctor.doctor, patient=patient)
    url = photograph_url(patient.user)
    for viewer in (admin, secretary, doctor):
        assert sign_in(viewer).get(url).status_code == 200
    assert sign_in(other_doctor).get(url).status_code == 404
    views = AuditEvent.objects.filter(verb=AuditEvent.Verb.VIEW, patient=patient)
    assert {event.actor for event in views} == {admin, secretary, doctor}


def test_patients_see_only_themselves(doctor, patient, other_patient, with_photograph, sign_in):
    for user in (doctor, patient.user, other_patient.user):
        with_photograph(user)
    browser = sign_in(patient.user)
    assert browser.get(photograph_url(patient.user)).status_code == 200
    assert browser.get(photograph_url(other_patient.user)).status_code == 404
    assert browser.get(photograph_url(doctor)).status_code == 404


def test_a_photograph_needs_a_sign_in(secretary, with_photograph, client):
    with_photograph(secretary)
    assert client.get(photograph_url(secretary)).status_code == 302


def test_without_a_photograph_there_is_nothing(admin, sign_in):
    assert sign_in(admin).get(photograph_url(admin)).status_code == 404


def test_a_new_password_ends_the_other_sessions_and_is_noted(secretary, sign_in):
    here, elsewhere = sign_in(secretary), sign_in(secretary)
    new = "nine purple lighthouses"
    here.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )
    secretary.refresh_from_db()
    assert secretary.check_password(new)
    assert here.get(PROFILE).status_code == 200
    assert elsewhere.get(PROFILE).status_code == 302
    (event,) = AuditEvent.objects.all()
    assert event.detail == {"changed": ["password"]}
