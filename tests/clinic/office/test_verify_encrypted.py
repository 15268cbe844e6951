"""A command opens everything that is encrypted, and names what does not open at its own row."""

from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command

from clinic.models import Addendum
from clinic.office.services import encrypted_check
from clinic.office.services.encrypted_check import check_encrypted
from diagnosis.lesions.services.photographs import upload_image
from diagnosis.models import LesionImage
from tests import photographs
from tests.clinic.core.test_bound_to_rows import key, sql, swap
from tests.factories import with_app

pytestmark = [pytest.mark.both_engines, pytest.mark.usefixtures("media")]


@pytest.fixture
def texts(consultation, doctor):
    """Return three addenda."""
    return [
        Addendum.objects.create(consultation=consultation, text=f"Text {number}", written_by=doctor)
        for number in range(3)
    ]


@pytest.fixture
def images(consultation, doctor):
    """Return two photographs."""
    return [
        upload_image(consultation=consultation, data=photographs.jpeg(seed=seed), actor=doctor)
        for seed in (1, 2)
    ]


def problems():
    return {str(each): each.problem for each in check_encrypted() if each.problem}


def raw(row):
    return key(row)


def test_everything_that_is_encrypted_is_opened(texts, images, doctor):
    with_app(doctor)
    said = StringIO()
    call_command("verify_encrypted", stdout=said)
    assert "Everything encrypted opens at its own row." in said.getvalue()
    places = {each.place for each in check_encrypted()}
    assert places >= {
        "clinic_addendum.text",
        "diagnosis_lesionimage.file",
        "diagnosis_lesionimage.thumbnail",
        "mfa_authenticator.data",
    }


def test_a_flipped_byte_of_a_text_is_named(texts):
    ((stored,),) = sql("SELECT text FROM clinic_addendum WHERE id = %s", raw(texts[1]))
    flipped = stored[:-6] + ("A" if stored[-6] != "A" else "B") + stored[-5:]
    sql("UPDATE clinic_addendum SET text = %s WHERE id = %s", flipped, raw(texts[1]))
    said = StringIO()
    with pytest.raises(CommandError, match="1 cannot be opened") as refusal:
        call_command("verify_encrypted", stdout=said)
    assert refusal.value.returncode == 1
    assert f"clinic_addendum.text/{raw(texts[1])}: changed or damaged" in said.getvalue()
    assert "Text" not in said.getvalue()


def test_texts_that_changed_places_are_both_named(texts):
    swap(texts[0], texts[2], "text")
    assert set(problems()) == {f"clinic_addendum.text/{raw(texts[n])}" for n in (0, 2)}


@pytest.mark.parametrize("text", ["Not encrypted", "enc1:other:2:AAAA"])
def test_a_text_that_the_site_never_wrote_is_named(texts, text):
    sql("UPDATE clinic_addendum SET text = %s WHERE id = %s", text, raw(texts[0]))
    assert set(problems()) == {f"clinic_addendum.text/{raw(texts[0])}"}


def test_photographs_that_changed_places_are_named(images):
    swap(images[0], images[1], "file")
    places = {f"diagnosis_lesionimage.file/{image.pk}" for image in images}
    assert set(problems()) == places


@pytest.mark.parametrize("damage", ["flipped", "missing", "other fingerprint"])
def test_a_damaged_or_missing_file_is_named(images, media, damage):
    path = media / images[0].file.name
    content = path.read_bytes()
    if damage == "flipped":
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    elif damage == "missing":
        path.unlink()
    else:
        LesionImage.objects.filter(pk=images[0].pk).update(sha256="0" * 64)
    assert set(problems()) == {f"diagnosis_lesionimage.file/{images[0].pk}"}
    path.write_bytes(content)


def test_the_secret_of_another_account_is_named(doctor, secretary):
    for person in (doctor, secretary):
        with_app(person)
    table = "mfa_authenticator"
    first, second = Authenticator.objects.filter(type="totp").order_by("pk")
    sql(
        f"UPDATE {table} SET data = (SELECT data FROM {table} WHERE id = %s) WHERE id = %s",
        second.pk,
        first.pk,
    )
    assert set(problems()) == {f"mfa_authenticator.data/{first.pk}"}


def test_an_interrupted_check_goes_on_behind_the_last_place(texts, images, doctor, monkeypatch):
    monkeypatch.setattr(encrypted_check, "BATCH", 1)
    with_app(doctor)
    whole = [str(each) for each in check_encrypted()]
    assert len(whole) == len(set(whole)) > 6
    for number, place in enumerate(whole):
        assert [str(each) for each in check_encrypted(after=place)] == whole[number + 1 :]


def test_a_place_that_does_not_exist_is_refused():
    with pytest.raises(CommandError, match="Nothing encrypted is in"):
        call_command("verify_encrypted", after="clinic_patient.full_name/1")
