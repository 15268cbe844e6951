"""Encrypted texts and files: what opens them, and what does not."""

import base64

import pytest
from django.apps import apps
from django.core.exceptions import FieldError, ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.urls import reverse

from clinic.core.encrypted_columns import open_stored_texts, seal_stored_texts
from clinic.core.encryption import (
    UnreadableError,
    new_data_key,
    open_file,
    open_text,
    seal_file,
    seal_text,
)
from clinic.models import Allergy, Consultation

pytestmark = [pytest.mark.both_engines, pytest.mark.usefixtures("media")]

OLD, NEW = new_data_key("old"), new_data_key("new")


def stored_notes(consultation):
    with connection.cursor() as cursor:
        cursor.execute("SELECT notes FROM clinic_consultation")
        return cursor.fetchone()[0]


def store_notes(text):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE clinic_consultation SET notes = %s", [text])


def test_the_same_text_is_never_stored_alike():
    sealed = {seal_text("Itches at night", context="visit.notes") for _ in range(3)}

    assert len(sealed) == 3
    assert {open_text(each, context="visit.notes") for each in sealed} == {"Itches at night"}


def test_a_text_opens_in_its_own_column_alone():
    sealed = seal_text("Itches at night", context="visit.notes")

    with pytest.raises(UnreadableError, match="changed or damaged"):
        open_text(sealed, context="visit.conclusion")


def test_a_changed_text_is_refused_wherever_it_was_changed():
    sealed = seal_text("ü", context="visit.notes")
    start = sealed.rindex(":") + 1
    data = bytearray(base64.urlsafe_b64decode(sealed[start:]))

    for place in range(len(data)):
        other = bytearray(data)
        other[place] ^= 1
        with pytest.raises(UnreadableError):
            open_text(
                sealed[:start] + base64.urlsafe_b64encode(other).decode(), context="visit.notes"
            )


@pytest.mark.parametrize("stored", ["plain", "enc1:", "enc1:well-known:", "enc1:well-known:AAAA"])
def test_what_was_never_sealed_is_refused(stored):
    with pytest.raises(UnreadableError):
        open_text(stored, context="visit.notes")


def test_the_first_key_seals_and_every_key_opens(settings):
    settings.DATA_KEYS = OLD
    text = seal_text("Itches", context="visit.notes")
    file = seal_file(b"photograph", name="lesions/a.jpg")
    settings.DATA_KEYS = f"{NEW}, {OLD}"

    assert open_text(text, context="visit.notes") == "Itches"
    assert open_file(file, name="lesions/a.jpg") == b"photograph"
    assert seal_text("Itches", context="visit.notes").startswith("enc1:new:")

    settings.DATA_KEYS = NEW
    with pytest.raises(UnreadableError, match="no key “old”"):
        open_text(text, context="visit.notes")
    with pytest.raises(UnreadableError, match="no key “old”"):
        open_file(file, name="lesions/a.jpg")


def test_a_changed_byte_anywhere_in_a_file_is_refused():
    stored = seal_file(b"x", name="lesions/a.jpg")

    for place in range(len(stored)):
        other = bytearray(stored)
        other[place] ^= 1
        with pytest.raises(UnreadableError):
            open_file(bytes(other), name="lesions/a.jpg")


def test_a_file_that_was_cut_off_is_refused():
    stored = seal_file(b"photograph", name="lesions/a.jpg")

    for length in range(len(stored)):
        with pytest.raises(UnreadableError):
            open_file(stored[:length], name="lesions/a.jpg")


def test_a_swapped_file_is_refused(media):
    for name, content in (("lesions/a.jpg", b"mole of Paul"), ("lesions/b.jpg", b"mole of Olga")):
        default_storage.save(name, ContentFile(content))
    (media / "lesions/a.jpg").write_bytes((media / "lesions/b.jpg").read_bytes())

    with pytest.raises(UnreadableError, match="another file"):
        default_storage.open("lesions/a.jpg")
    with default_storage.open("lesions/b.jpg") as file:
        assert file.read() == b"mole of Olga"


def test_a_file_whose_name_is_taken_opens_under_the_name_it_got(media):
    names = [default_storage.save("lesions/a.jpg", ContentFile(text)) for text in (b"1", b"22")]

    assert len(set(names)) == 2
    assert [default_storage.open(name).read() for name in names] == [b"1", b"22"]
    assert [default_storage.size(name) for name in names] == [1, 2]
    assert len(list((media / "lesions").iterdir())) == 2


def test_a_stored_file_is_never_written_to():
    name = default_storage.save("lesions/a.jpg", ContentFile(b"1"))

    with pytest.raises(ValueError, match="never written to"):
        default_storage.open(name, "wb")


@pytest.mark.parametrize("change", ["create", "save", "update", "bulk_create", "bulk_update"])
def test_a_text_is_sealed_whichever_way_it_is_written(consultation, change):
    if change == "create":
        row = Allergy.objects.create(patient=consultation.patient, substance="Zwetschge")
    else:
        row = Allergy(patient=consultation.patient, substance="Latex")
        row.save()
    if change == "save":
        row.substance = "Zwetschge"
        row.save()
    if change == "update":
        Allergy.objects.update(substance="Zwetschge")
    if change == "bulk_create":
        Allergy.objects.all().delete()
        Allergy.objects.bulk_create([Allergy(patient=row.patient, substance="Zwetschge")])
    if change == "bulk_update":
        row.substance = "Zwetschge"
        Allergy.objects.bulk_update([row], ["substance"])

    with connection.cursor() as cursor:
        cursor.execute("SELECT substance FROM clinic_allergy")
        assert [row[0].startswith("enc1:well-known:") for row in cursor.fetchall()] == [True]
    assert Allergy.objects.get().substance == "Zwetschge"


def test_no_text_stays_no_text(consultation):
    assert stored_notes(consultation) == ""
    assert Consultation.objects.filter(notes="").exists()
    assert not Consultation.objects.exclude(notes="").exists()


@pytest.mark.parametrize(
    "lookup", [{"notes": "Seen"}, {"notes__icontains": "Seen"}, {"notes__in": ["Seen"]}]
)
def test_the_database_is_not_asked_for_what_it_cannot_read(consultation, lookup):
    with pytest.raises(FieldError, match="compare them in Python"):
        Consultation.objects.filter(**lookup).exists()


def test_the_longest_length_holds_for_the_text(consultation):
    consultation.reason = "x" * 200
    consultation.full_clean()
    consultation.save()
    consultation.refresh_from_db()
    assert consultation.reason == "x" * 200

    consultation.reason = "x" * 201
    with pytest.raises(ValidationError, match="200"):
        consultation.full_clean()


def test_texts_of_before_are_sealed_and_opened_again_by_the_migration(consultation):
    class Editor:
        pass

    editor = Editor()
    editor.connection = connection
    store_notes("enc is how it begins")
    seal_stored_texts("clinic")(apps, editor)
    sealed = stored_notes(consultation)
    assert sealed.startswith("enc1:")
    assert Consultation.objects.get().notes == "enc is how it begins"

    seal_stored_texts("clinic")(apps, editor)
    assert stored_notes(consultation) == sealed
    open_stored_texts("clinic")(apps, editor)
    assert stored_notes(consultation) == "enc is how it begins"


def test_a_page_whose_text_was_changed_says_so_and_shows_nothing(consultation, doctor, sign_in):
    store_notes("Somebody wrote past the site")

    response = sign_in(doctor).get(reverse("diagnosis:visit", args=[consultation.pk]))

    assert response.status_code == 500
    page = response.content.decode()
    assert "This cannot be read" in page
    assert "past the site" not in page
