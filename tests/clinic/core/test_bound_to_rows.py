"""What is encrypted opens at its own row alone, and what is old is bound to its row."""

import os
import uuid
from datetime import timedelta
from importlib import import_module

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.apps import apps
from django.core.exceptions import FieldError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.db.models import F, OuterRef, Subquery
from django.urls import reverse
from django.utils import timezone

from clinic.core import encrypted_columns, encryption
from clinic.core.encrypted_fields import EncryptedMixin, RowBoundQuerySet
from clinic.core.encryption import UnreadableError, is_old_file, is_old_text, keyring, row_key
from clinic.core.old_format import BINDING_MIGRATION, MARK
from clinic.models import Addendum, Allergy, Consultation, FormerIdentity, PatientDocument
from clinic.people.services.second_factors import open_secret
from clinic.records.services.documents import add_document
from diagnosis.lesions.services.photographs import upload_image
from diagnosis.models import LesionImage
from tests import photographs
from tests.factories import TOTP_SECRET, ConsultationFactory, UserFactory, code_of_app, with_app

pytestmark = [pytest.mark.both_engines, pytest.mark.usefixtures("media")]

MIGRATION = "clinic.migrations.0058_what_is_encrypted_is_bound_to_its_row"


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def key(row):
    """Return a key as the database compares it."""
    return row._meta.pk.get_db_prep_value(row.pk, connection)


def swap(first, second, column):
    """Exchange what two rows store in a column, as somebody at the database can."""
    table = first._meta.db_table
    values = [
        sql(f"SELECT {column} FROM {table} WHERE id = %s", key(row))[0][0]
        for row in (first, second)
    ]
    for row, value in zip((first, second), reversed(values), strict=True):
        sql(f"UPDATE {table} SET {column} = %s WHERE id = %s", value, key(row))


def as_before(text, context):
    """Seal a text as the site did before texts were bound to their row."""
    first, nonce = keyring().first, os.urandom(12)
    sealed = first.texts.encrypt(nonce, text.encode(), f"enc1:{first.id}:{context}".encode())
    return f"enc1:{first.id}:{encryption.base64.urlsafe_b64encode(nonce + sealed).decode()}"


def file_as_before(content, name):
    """Seal a file as the site did before files were bound to their row."""
    first, nonce, magic = keyring().first, os.urandom(12), b"SKHENC1\n"
    file_key = AESGCM.generate_key(256)
    wrapped = first.files.encrypt(
        nonce, file_key, magic + first.id.encode() + b"\0" + name.encode()
    )
    body = AESGCM(file_key).encrypt(nonce, content, magic + name.encode())
    key_id = first.id.encode()
    return magic + bytes([len(key_id)]) + key_id + nonce + wrapped + nonce + body


@pytest.fixture
def two(consultation, doctor, other_patient):
    """Return two visits of different patients, with notes."""
    other = ConsultationFactory(
        appointment__doctor=doctor.doctor,
        appointment__patient=other_patient,
        appointment__starts_at=timezone.now() + timedelta(hours=2),
    )
    for visit, notes in ((consultation, "Paul itches"), (other, "Olga burns")):
        visit.notes = notes
        visit.save()
    return consultation, other


@pytest.fixture
def not_yet_bound(media, db):
    """Take the site back to before the migration that binds everything."""
    (media / MARK).unlink(missing_ok=True)
    sql("DELETE FROM django_migrations WHERE name LIKE %s", f"%{BINDING_MIGRATION}")


def bind():
    class Editor:
        pass

    Editor.connection = connection
    import_module(MIGRATION).bind(apps, Editor)
    sql(
        "INSERT INTO django_migrations (app, name, applied) "
        "VALUES ('clinic', %s, '2026-11-30 00:00:00+00:00')",
        MIGRATION.rpartition(".")[2],
    )


def photographed(visit, seed=1):
    return upload_image(
        consultation=visit, data=photographs.jpeg(seed=seed), actor=visit.doctor.user
    )


def test_texts_swapped_between_patients_do_not_open(two, doctor, sign_in):
    swap(*two, "notes")

    for visit in two:
        with pytest.raises(UnreadableError, match="changed or damaged"):
            Consultation.objects.get(pk=visit.pk)
    page = sign_in(doctor).get(reverse("diagnosis:visit", args=[two[0].pk]))
    assert page.status_code == 500
    assert "Olga burns" not in page.content.decode()


def test_every_encrypted_column_is_read_with_its_row():
    columns = encrypted_columns.encrypted_columns(apps)
    assert len(columns) > 40
    for model in apps.get_models():
        fields = [each for each in model._meta.local_fields if isinstance(each, EncryptedMixin)]
        if fields:
            assert isinstance(model._default_manager.all(), RowBoundQuerySet), model
        for field in fields:
            statement = str(model._default_manager.only(field.name).query)
            assert f'CAST("{field.model._meta.db_table}"."' in statement, field


@pytest.mark.parametrize(
    "read",
    [
        lambda: list(Consultation.objects.values_list("notes", flat=True)),
        lambda: [row["notes"] for row in Consultation.objects.values("notes")],
        lambda: [row.notes for row in Consultation.objects.only("notes")],
        lambda: [row.notes for row in Consultation.objects.defer("notes")],
        lambda: list(Consultation.objects.annotate(n=F("notes")).values_list("n", flat=True)),
        lambda: [
            each.consultation.notes for each in Addendum.objects.select_related("consultation")
        ],
        lambda: list(Addendum.objects.values_list("consultation__notes", flat=True)),
        lambda: list(
            Addendum.objects.annotate(
                n=Subquery(
                    Consultation.objects.filter(pk=OuterRef("consultation")).values("notes")[:1]
                )
            ).values_list("n", flat=True)
        ),
        lambda: list(
            Consultation.objects.exclude(notes="").distinct().values_list("notes", flat=True)
        ),
    ],
)
def test_each_way_of_reading_opens_a_text_at_its_row(two, doctor, read):
    for visit in two:
        Addendum.objects.create(consultation=visit, text="More", written_by=doctor)

    assert sorted(read()) == ["Olga burns", "Paul itches"]
    swap(*two, "notes")
    with pytest.raises(UnreadableError):
        read()


def test_many_rows_written_at_once_are_bound_each_to_its_own(consultation, doctor):
    addenda = [
        Addendum(consultation=consultation, text=f"Text {number}", written_by=doctor)
        for number in range(5)
    ]
    Addendum.objects.bulk_create(addenda)
    assert {row.text for row in Addendum.objects.all()} == {f"Text {n}" for n in range(5)}

    for row in addenda:
        row.text += " again"
    Addendum.objects.bulk_update(addenda, ["text"])
    assert {row.text for row in Addendum.objects.all()} == {f"Text {n} again" for n in range(5)}
    assert addenda[0].text == "Text 0 again"

    assert Addendum.objects.filter(written_by=doctor).update(text="Alike") == 5
    assert [row.text for row in Addendum.objects.all()] == ["Alike"] * 5
    swap(addenda[0], addenda[1], "text")
    with pytest.raises(UnreadableError):
        Addendum.objects.get(pk=addenda[0].pk)


def test_an_update_under_a_condition_changes_nothing_where_it_does_not_hold(two):
    assert Consultation.objects.filter(pk=two[0].pk, version=99).update(notes="Lost") == 0
    assert Consultation.objects.get(pk=two[0].pk).notes == "Paul itches"


def test_a_text_that_moves_to_another_row_is_sealed_for_it(patient):
    first = Allergy.objects.create(patient=patient, substance="Latex")
    copy = Allergy.objects.get(pk=first.pk)
    copy.pk, copy._state.adding = uuid.uuid4(), True
    copy.save()

    assert [row.substance for row in Allergy.objects.all()] == ["Latex", "Latex"]


def test_a_row_that_the_database_would_number_chooses_its_key_itself(patient):
    rows = [
        FormerIdentity(patient=patient, kind="name", value=f"Paul {number}") for number in range(3)
    ]
    FormerIdentity.objects.bulk_create(rows)
    FormerIdentity.objects.create(patient=patient, kind="name", value="Paul 3")

    assert [row.value for row in FormerIdentity.objects.all()] == [f"Paul {n}" for n in range(4)]
    with pytest.raises(FieldError, match="chooses its own key"):
        Allergy._meta.get_field("substance").bound("Latex", Allergy(pk=None))


def test_a_query_that_does_not_know_the_row_stores_nothing(two):
    with pytest.raises(FieldError, match="stored with its row"):
        super(type(Consultation.objects.all()).__mro__[1], Consultation.objects.all()).update(
            notes="Anybody's"
        )


def test_photographs_swapped_between_patients_do_not_open(two):
    first, second = (photographed(visit, seed) for seed, visit in enumerate(two, 1))
    for column in ("file", "thumbnail"):
        swap(first, second, column)
    swap(first, second, "sha256")

    for image in LesionImage.objects.all():
        for file in (image.file, image.thumbnail):
            with pytest.raises(UnreadableError, match="another file"):
                file.open("rb")


def test_a_photograph_is_compared_with_its_fingerprint_each_time(two, doctor, sign_in):
    image = photographed(two[0])
    url = reverse("diagnosis:image_file", args=[image.pk])
    assert sign_in(doctor).get(url).status_code == 200
    LesionImage.objects.update(sha256="0" * 64)

    assert sign_in(doctor).get(url).status_code == 500
    with pytest.raises(UnreadableError, match="not the file that its row describes"):
        LesionImage.objects.get().file.read()


def test_a_document_opens_at_its_row_alone(patient, other_patient, secretary):
    first, second = (
        add_document(
            patient=each,
            data=photographs.jpeg(seed=seed),
            actor=secretary,
            title="Card",
            category="insurance",
            is_shared=False,
        )
        for seed, each in enumerate((patient, other_patient), 5)
    )
    swap(first, second, "file")
    swap(first, second, "sha256")

    with pytest.raises(UnreadableError):
        PatientDocument.objects.get(pk=first.pk).file.open("rb")


def test_the_secret_of_another_account_opens_nothing(doctor, secretary):
    for person in (doctor, secretary):
        with_app(person)
    apps_of_both = [each.authenticator_set.get(type="totp") for each in (doctor, secretary)]
    table = "mfa_authenticator"
    data = [sql(f"SELECT data FROM {table} WHERE id = %s", each.pk)[0][0] for each in apps_of_both]
    sql(
        f"UPDATE {table} SET data = (SELECT data FROM {table} WHERE id = %s) WHERE id = %s",
        apps_of_both[1].pk,
        apps_of_both[0].pk,
    )
    assert data[0] != data[1]

    assert secretary.authenticator_set.get(type="totp").wrap().validate_code(code_of_app())
    with pytest.raises(UnreadableError):
        open_secret(doctor.authenticator_set.get(type="totp").data["secret"])


@pytest.mark.usefixtures("not_yet_bound")
def test_what_is_old_is_read_until_it_is_bound_and_never_again(two, doctor, media):
    old = as_before("From before", "clinic_consultation.notes")
    sql("UPDATE clinic_consultation SET notes = %s WHERE id = %s", old, key(two[0]))
    image = photographed(two[0])
    content = image.file.read()
    path = media / image.file.name
    old_file = file_as_before(content, image.file.name)
    path.write_bytes(old_file)
    assert Consultation.objects.get(pk=two[0].pk).notes == "From before"
    assert LesionImage.objects.get().file.read() == content

    bind()

    ((stored,),) = sql("SELECT notes FROM clinic_consultation WHERE id = %s", key(two[0]))
    assert not is_old_text(stored)
    assert not is_old_file(path.read_bytes())
    assert Consultation.objects.get(pk=two[0].pk).notes == "From before"
    assert Consultation.objects.get(pk=two[1].pk).notes == "Olga burns"
    assert LesionImage.objects.get().file.read() == content

    sql("UPDATE clinic_consultation SET notes = %s WHERE id = %s", old, key(two[0]))
    path.write_bytes(old_file)
    with pytest.raises(UnreadableError, match="not bound to its row"):
        Consultation.objects.get(pk=two[0].pk)
    with pytest.raises(UnreadableError, match="not bound to its row"):
        LesionImage.objects.get().file.read()
    # Whoever can only change the database cannot say that the migration is still to come.
    sql("DELETE FROM django_migrations WHERE name LIKE %s", f"%{BINDING_MIGRATION}")
    with pytest.raises(UnreadableError, match="not bound to its row"):
        Consultation.objects.get(pk=two[0].pk)


@pytest.mark.usefixtures("not_yet_bound")
def test_secrets_from_before_belong_to_their_account_afterwards(doctor):
    with_app(doctor)
    factor = doctor.authenticator_set.get(type="totp")
    old = as_before(TOTP_SECRET, "mfa_authenticator.data")
    sql("UPDATE mfa_authenticator SET data = %s WHERE id = %s", f'{{"secret": "{old}"}}', factor.pk)
    assert open_secret(doctor.authenticator_set.get(type="totp").data["secret"]) == TOTP_SECRET

    bind()

    assert open_secret(doctor.authenticator_set.get(type="totp").data["secret"]) == TOTP_SECRET
    ((stored,),) = sql("SELECT data FROM mfa_authenticator WHERE id = %s", factor.pk)
    assert old not in str(stored)


@pytest.mark.usefixtures("not_yet_bound")
def test_interrupted_it_goes_on_where_it_stopped(consultation, doctor, monkeypatch):
    addenda = Addendum.objects.bulk_create(
        Addendum(consultation=consultation, text="x", written_by=doctor) for _n in range(450)
    )
    for number, row in enumerate(addenda):
        old = as_before(f"Text {number}", "clinic_addendum.text")
        sql("UPDATE clinic_addendum SET text = %s WHERE id = %s", old, key(row))
    done = []
    replace = encrypted_columns.replace

    def power_fails(*arguments):
        if len(done) == 300:
            raise KeyboardInterrupt
        done.append(replace(*arguments))
        return done[-1]

    with monkeypatch.context() as failing:
        failing.setattr(encrypted_columns, "replace", power_fails)
        with pytest.raises(KeyboardInterrupt):
            bind()
    left = [stored for (stored,) in sql("SELECT text FROM clinic_addendum") if is_old_text(stored)]
    assert len(left) == 250  # the batch that was under way is stored whole or not at all
    assert {row.text for row in Addendum.objects.all()} == {f"Text {n}" for n in range(450)}

    bind()

    assert not [1 for (stored,) in sql("SELECT text FROM clinic_addendum") if is_old_text(stored)]
    assert {row.text for row in Addendum.objects.all()} == {f"Text {n}" for n in range(450)}


def test_rotating_the_keys_binds_what_is_old_too(two, media):
    image = photographed(two[0])
    content = image.file.read()
    (media / image.file.name).write_bytes(file_as_before(content, image.file.name))
    old = as_before("From before", "clinic_consultation.notes")
    sql("UPDATE clinic_consultation SET notes = %s WHERE id = %s", old, key(two[0]))

    call_command("rotate_data_keys")

    assert Consultation.objects.get(pk=two[0].pk).notes == "From before"
    assert LesionImage.objects.get().file.read() == content


def test_a_file_stored_for_no_row_is_no_row_s_file(two):
    image = photographed(two[0])
    LesionImage.objects.update(
        file=default_storage.save("lesions/anybody.jpg", ContentFile(image.file.read()))
    )

    with pytest.raises(UnreadableError):
        LesionImage.objects.get().file.open("rb")


def test_a_portrait_is_bound_to_its_account(db):
    first, second = UserFactory(), UserFactory()
    for seed, person in enumerate((first, second), 1):
        person.photograph.save("portrait.jpg", ContentFile(photographs.jpeg(seed=seed)))
    swap(first, second, "photograph")

    first.refresh_from_db()
    with pytest.raises(UnreadableError):
        first.photograph.read()
    assert row_key(first.pk) == first.pk.hex
