"""The clinic's logo: a small clean PNG in the top bar, on the sign-in page and on papers."""

from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image
from pypdf import PdfReader

from clinic.core.files.portraits_and_logos import MAX_BYTES
from clinic.models import AuditEvent, ClinicSettings, Consultation, Prescription
from clinic.records.services.consultations import sign_visit
from clinic.records.services.prescriptions import DraftLine, save_prescription
from tests import photographs
from tests.full_visit import check_by_hand

SETTINGS = reverse("clinic:clinic_settings")
STORE = reverse("clinic:clinic_settings_logo")
LOGO = reverse("clinic:clinic_logo")


@pytest.fixture
def browser(sign_in, admin):
    return sign_in(admin)


def store(client, content, name="logo.png"):
    return client.post(STORE, {"logo": SimpleUploadedFile(name, content)})


def test_everybody_sees_the_logo_before_and_after_signing_in(browser, client, settings):
    assert client.get(LOGO).status_code == 404
    assert store(browser, photographs.png(size=(900, 300))).url == SETTINGS
    for page in (client.get(reverse("account_login")), browser.get(SETTINGS)):
        assert f'class="brand-logo" src="{LOGO}?' in page.content.decode()
    response = client.get(LOGO)
    assert response["Content-Type"] == "image/png"
    assert "public" in response["Cache-Control"]
    with Image.open(BytesIO(response.content)) as logo:
        assert (logo.format, logo.size) == ("PNG", (480, 160))


def test_the_logo_keeps_its_clear_ground(browser, client):
    drawing = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    drawing.paste((200, 0, 0, 255), (40, 40, 60, 60))
    store(browser, photographs.encoded(drawing, "PNG"))
    with Image.open(BytesIO(client.get(LOGO).content)) as logo:
        assert logo.getpixel((0, 0))[3] == 0
        assert logo.getpixel((50, 50)) == (200, 0, 0, 255)


def test_nothing_but_the_pixels_is_kept(browser, client):
    store(browser, photographs.with_gps_lying_on_its_side(), "logo.jpg")
    content = client.get(LOGO).content
    assert b"MAKER-OF-THE-CAMERA" not in content
    assert b"A NAME IN A COMMENT" not in content
    with Image.open(BytesIO(content)) as logo:
        assert logo.height > logo.width
        assert not logo.info
        assert not logo.getexif()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (photographs.svg(), "cannot be read as a picture"),
        (photographs.html_named_jpg(), "cannot be read as a picture"),
        (photographs.truncated(), "damaged or cut off"),
        (photographs.decompression_bomb(), "more than 64 million pixels"),
        (photographs.png(size=(63, 200)), "too small"),
        (b"\xff\xd8\xff" + b"\0" * MAX_BYTES, "larger than 5 MB"),
        (b"", "The file is empty."),
    ],
)
def test_what_is_no_picture_is_refused_in_words(browser, content, words):
    response = store(browser, content)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not ClinicSettings.objects.exists()


def test_a_picture_with_a_script_behind_it_is_refused(browser, client):
    for content in (photographs.polyglot_page(), photographs.polyglot_archive()):
        assert "more than a picture" in store(browser, content).content.decode()
        assert client.get(LOGO).status_code == 404


def test_an_old_logo_is_thrown_away(browser, client, django_capture_on_commit_callbacks):
    store(browser, photographs.png(seed=1))
    old = ClinicSettings.objects.get().logo.name
    with django_capture_on_commit_callbacks(execute=True):
        store(browser, photographs.png(seed=2))
    assert not default_storage.exists(old)
    with django_capture_on_commit_callbacks(execute=True):
        assert browser.post(STORE, {"removes_logo": "1"}).url == SETTINGS
    assert client.get(LOGO).status_code == 404
    assert "img/mark" in browser.get(SETTINGS).content.decode()
    details = [event.detail["logo"] for event in AuditEvent.objects.filter(verb="update")]
    assert [bool(old) for old, _new in details] == [True, True, False]
    assert [bool(new) for _old, new in details] == [False, True, True]


def test_a_new_logo_costs_nobody_what_is_typed_in_an_open_form(browser):
    form = browser.get(SETTINGS).context["form"]
    typed = {name: value for name in form.fields if (value := form[name].value())}
    store(browser, photographs.png())
    version = form["version"].value()
    response = browser.post(SETTINGS, {**typed, "version": version, "name": "Another"})
    assert response.status_code == 302
    row = ClinicSettings.objects.get()
    assert (row.name, bool(row.logo)) == ("Another", True)


def test_a_logo_whose_file_is_gone_keeps_no_page_back(browser, client):
    store(browser, photographs.png())
    default_storage.delete(ClinicSettings.objects.get().logo.name)
    assert client.get(LOGO).status_code == 404
    assert browser.get(SETTINGS).status_code == 200


def test_papers_bear_the_logo_at_their_head(browser, sign_in, consultation, doctor, patient):
    line = DraftLine(drug="Ibuprofen", dose="1", frequency="daily", duration="5 days")
    save_prescription(consultation=consultation, actor=doctor, lines=[line])
    Consultation.objects.filter(pk=consultation.pk).update(notes="written")
    check_by_hand(consultation, doctor)
    sign_visit(consultation=consultation, actor=doctor)
    url = reverse("clinic:prescription_pdf", args=[Prescription.objects.get().pk])
    portal = sign_in(patient.user)

    def pictures():
        return len(PdfReader(BytesIO(portal.get(url).content)).pages[0].images)

    assert pictures() == 0
    store(browser, photographs.png(size=(300, 100)))
    assert pictures() == 1
