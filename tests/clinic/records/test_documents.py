"""A patient's documents: adding, reading and archiving them."""

import io
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from django.urls import reverse
from PIL import Image
from pypdf import PdfReader

from clinic.models import AuditEvent, PatientDocument
from clinic.records.services.documents import add_document
from tests import pdfs, photographs
from tests.heics import heic

pytestmark = pytest.mark.usefixtures("media")

CLINICAL = ["referral", "laboratory", "histology", "other_clinical"]
ADMINISTRATIVE = ["consent_form", "insurance", "identity", "other_administrative"]
ATTACKS = {
    "svg": photographs.svg,
    "page named pdf": photographs.html_named_jpg,
    "picture and page": photographs.polyglot_page,
    "picture and archive": photographs.polyglot_archive,
    "picture bomb": photographs.decompression_bomb,
    "picture cut off": photographs.truncated,
    "encrypted": pdfs.encrypted,
    "script": pdfs.with_script,
    "hidden script": pdfs.with_script_in_an_annotation,
    "embedded file": pdfs.with_embedded_file,
    "launch": pdfs.with_launch,
    "launch spelt otherwise": pdfs.with_command_under_another_spelling,
    "form": pdfs.with_form_that_sends,
    "launch in an older version": lambda: pdfs.in_an_older_version(b"/Launch"),
    "script in an older version": lambda: pdfs.in_an_older_version(b"/Java#53cript"),
    "opens a web page": lambda: pdfs.opening(pdfs.URI),
    "opens a web page from elsewhere": lambda: pdfs.opening(pdfs.URI, referred=True),
    "opens a web page as a second step": lambda: pdfs.opening({"/S": "/GoTo", "/Next": pdfs.URI}),
    "opens another file": lambda: pdfs.opening(pdfs.GO_TO_ANOTHER_FILE),
    "prints itself": lambda: pdfs.opening(pdfs.PRINT),
    "the document acts": lambda: pdfs.acting_on("document", pdfs.URI),
    "a page acts": lambda: pdfs.acting_on("page", pdfs.URI),
    "an annotation acts": lambda: pdfs.acting_on("annotation", pdfs.URI),
    "a page lies in another file": lambda: pdfs.lying_elsewhere("stream"),
    "a picture lies in another file": lambda: pdfs.lying_elsewhere("reference"),
    "a model in space": lambda: pdfs.with_name("/3D"),
    "pdf and archive": pdfs.polyglot_archive,
    "pdf cut off": pdfs.cut_off,
    "nonsense": pdfs.nonsense,
    "too many pages": lambda: pdfs.pdf(201),
    "empty": lambda: b"",
}


@pytest.fixture
def his(sign_in, doctor, appointment):
    """Return the browser of the doctor who treats the patient."""
    return sign_in(doctor)


@pytest.fixture
def mine(sign_in, patient):
    return sign_in(patient.user)


@pytest.fixture
def add(patient, doctor):
    def _add(category="histology", title="Histology of 3 May", data=None, **said):
        return add_document(
            patient=patient, data=data or pdfs.pdf(2), actor=doctor, category=category,
            title=title, **said,
        )  # fmt: skip

    return _add


def page(patient):
    return reverse("clinic:patient_documents", args=[patient.pk])


def address(document, view="document_file"):
    return reverse(f"clinic:{view}", args=[document.pk])


def upload(client, patient, data, **said):
    fields = {
        "file": SimpleUploadedFile("Paul Patient.pdf", data), "category": "insurance",
        "title": "Insurance card", **said,
    }  # fmt: skip
    return client.post(page(patient), fields)


def stored_files(media):
    return [path for path in Path(media).rglob("*") if path.is_file()]


def test_a_pdf_comes_into_the_record_as_it_was_sent(his, patient, doctor):
    data = pdfs.pdf(3)
    assert upload(his, patient, data, category="laboratory").status_code == 302
    document = PatientDocument.objects.get()
    assert (document.format, document.page_count, document.added_by) == ("pdf", 3, doctor)
    assert document.file.read() == data
    assert "Paul" not in document.file.name
    assert AuditEvent.objects.get(verb="create").detail == {
        "category": "laboratory", "shared": False,
    }  # fmt: skip


@pytest.mark.parametrize("mark", [b"/Launch", b"/JavaScript", b"/SubmitForm", b"/EmbeddedFile"])
def test_words_in_sentences_addresses_and_pixels_of_a_pdf_are_no_commands(mark, add):
    assert add(data=pdfs.that_says(mark)).format == "pdf"
    assert add(data=pdfs.that_says(b"see /a/Launch (or " + mark + b") PK\5\6")).format == "pdf"


@pytest.mark.parametrize("way", ["destination", "action", "two steps", "named"])
def test_a_pdf_may_open_at_one_of_its_pages(way, add):
    assert add(data=pdfs.opening_at_a_page(way)).page_count == 2


def test_a_link_that_waits_for_a_click_is_no_command(add):
    assert add(data=pdfs.with_link()).format == "pdf"


def test_the_sentence_says_that_the_pdf_acts_by_itself(his, patient):
    response = upload(his, patient, pdfs.opening(pdfs.URI))
    assert "does something by itself" in response.context["form"].errors["file"][0]


@pytest.mark.parametrize("make", [photographs.jpeg, photographs.png, photographs.webp, heic])
def test_a_picture_is_made_anew(make, his, patient):
    upload(his, patient, make(photographs.draw()) if make is heic else make())
    document = PatientDocument.objects.get()
    assert document.format == "jpg"
    assert Image.open(io.BytesIO(document.file.read())).format == "JPEG"


def test_nothing_of_what_a_camera_wrote_is_kept(his, patient):
    upload(his, patient, photographs.with_gps_lying_on_its_side())
    stored = PatientDocument.objects.get().file.read()
    assert b"MAKER-OF-THE-CAMERA" not in stored
    assert b"A NAME IN A COMMENT" not in stored


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_is_not_harmless_is_refused_with_a_sentence_and_leaves_no_file(
    attack, his, patient, media
):
    response = upload(his, patient, ATTACKS[attack](), title="Kept words")
    assert response.status_code == 422
    [sentence] = response.context["form"].errors["file"]
    assert sentence.endswith(".")
    assert "Kept words" in response.content.decode()
    assert not PatientDocument.objects.exists()
    assert not stored_files(media)


def test_a_file_over_the_limit_is_refused(his, patient, settings):
    settings.PHOTOGRAPH_MAX_BYTES = 1024**2
    response = upload(his, patient, pdfs.pdf() + b"\0" * 1024**2)
    assert "The file is larger than 1 MB." in response.content.decode()


def test_a_row_that_fails_leaves_no_file(add, media, patient, doctor):
    add()
    before = stored_files(media)
    with pytest.raises(ValidationError):
        add()
    with pytest.raises(ValidationError):
        add(title="")
    assert stored_files(media) == before
    assert PatientDocument.objects.count() == 1


def test_the_database_keeps_an_archived_document_from_standing_without_a_reason(add):
    document = add()
    with pytest.raises(IntegrityError):
        PatientDocument.objects.filter(pk=document.pk).update(archived_at=document.added_at)


@pytest.mark.parametrize("category", CLINICAL)
def test_the_desk_neither_sees_nor_adds_what_is_clinical(category, add, desk, patient):
    document = add(category)
    listed = desk.get(page(patient)).content.decode()
    assert "Histology of 3 May" not in listed
    assert document.get_category_display() not in listed
    assert desk.get(address(document)).status_code == 404
    for view in ("document_archive", "document_share"):
        assert desk.post(address(document, view), {"reason": "x"}).status_code == 404
    assert upload(desk, patient, pdfs.pdf(), category=category).status_code == 422


@pytest.mark.parametrize("category", ADMINISTRATIVE)
def test_the_desk_sees_and_adds_what_is_administrative(category, desk, patient):
    assert upload(desk, patient, pdfs.pdf(), category=category).status_code == 302
    document = PatientDocument.objects.get()
    assert "Insurance card" in desk.get(page(patient)).content.decode()
    assert desk.get(address(document)).status_code == 200


def test_a_doctor_in_care_sees_all_and_another_one_nothing(
    add, his, sign_in, other_doctor, patient
):
    documents = [add(category, title=category) for category in [*CLINICAL, *ADMINISTRATIVE]]
    listed = his.get(page(patient)).content.decode()
    other = sign_in(other_doctor)
    for document in documents:
        assert document.title in listed
        assert other.get(address(document)).status_code == 404
    assert other.get(page(patient)).status_code == 404


def test_an_admin_reads_no_document(add, sign_in, admin, patient):
    client = sign_in(admin)
    assert client.get(page(patient)).status_code == 403
    assert client.get(address(add("insurance"))).status_code == 404


def test_a_patient_reads_what_is_shared_and_nothing_else(
    add, his, mine, sign_in, other_patient, patient
):
    shared = add(title="Shared with me", is_shared=True)
    hidden = add("laboratory", title="Not shared")
    listed = mine.get("/my/documents/").content.decode()
    assert "Shared with me" in listed
    assert "Not shared" not in listed
    assert mine.get(address(shared)).status_code == 200
    assert mine.get(address(hidden)).status_code == 404
    assert sign_in(other_patient.user).get(address(shared)).status_code == 404
    his.post(address(hidden, "document_share"), {"shared": "yes"})
    assert mine.get(address(hidden)).status_code == 200
    his.post(address(hidden, "document_share"), {"shared": "no"})
    assert mine.get(address(hidden)).status_code == 404
    assert mine.post(address(shared, "document_archive"), {"reason": "x"}).status_code == 403


def test_a_document_goes_out_as_a_download_that_nobody_keeps_or_runs(add, his):
    response = his.get(address(add()))
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith('attachment; filename="document-')
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert len(PdfReader(io.BytesIO(b"".join(response))).pages) == 2


def test_every_download_is_in_the_trail(add, his, mine, doctor, patient):
    document = add(is_shared=True)
    for client in (his, mine, his):
        client.get(address(document))
    events = AuditEvent.objects.filter(verb="download", target_id=str(document.pk)).order_by("pk")
    assert [event.actor for event in events] == [doctor, patient.user, doctor]
    assert {event.patient for event in events} == {patient}


def test_archiving_needs_a_reason_and_keeps_row_and_file(add, his, mine, media, patient):
    document = add(is_shared=True)
    before = stored_files(media)
    refused = his.post(address(document, "document_archive"), {"reason": " "})
    assert refused.status_code == 422
    assert "Say in a few words why." in refused.content.decode()
    his.post(address(document, "document_archive"), {"reason": "Another patient’s"})
    assert stored_files(media) == before
    listed = " ".join(his.get(page(patient)).content.decode().split())
    assert "Archived by Dora Doctor" in listed
    assert "Another patient’s" in listed
    assert mine.get(address(document)).status_code == 404
    again = his.post(address(document, "document_archive"), {"reason": "Once more"})
    assert again.status_code == 409
    assert "This document is already archived." in again.content.decode()


def test_what_was_archived_can_come_in_again(add, his):
    document = add()
    his.post(address(document, "document_archive"), {"reason": "Wrong title"})
    assert add().pk != document.pk


def test_the_visit_and_the_record_lead_to_the_documents(
    add, sign_in, doctor, consultation, patient
):
    document = add()
    client = sign_in(doctor)
    visit = client.get(reverse("clinic:visit_patient", args=[consultation.pk])).content.decode()
    assert f'href="{address(document)}"' in visit
    assert f'href="{page(patient)}"' in visit
    record = client.get(reverse("clinic:patient_detail", args=[patient.pk])).content.decode()
    assert f'href="{page(patient)}"' in record


def test_a_page_of_documents_asks_the_database_for_little(
    add, his, patient, django_assert_max_num_queries
):
    for number in range(1, 6):
        add(title=f"Number {number}", data=pdfs.pdf(number))
    with django_assert_max_num_queries(15):
        his.get(page(patient))


def test_the_address_says_nothing_of_the_patient(add, patient):
    document = add()
    assert patient.record_number not in address(document) + document.file.name
