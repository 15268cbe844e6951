"""The role that the site runs as: an ordinary day works, and the trail cannot be changed."""

import pytest
from django.db import ProgrammingError, connection, transaction
from django.urls import reverse

from clinic.models import AuditEvent, AuditLink, Consultation
from clinic.trail.services.audit import record
from clinic.trail.services.audit_chain import seal_events
from clinic.trail.site_role import grant_to_site
from diagnosis.predictions.services.predictions import request_prediction, run_prediction
from tests.factories import ConsentFactory
from tests.full_visit import fill_visit

ROLE = "site_in_a_test"


@pytest.fixture
def site_role(db):
    """Go on as the role that the site runs as; the end of the test takes everything back."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no roles")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {ROLE}")
        grant_to_site(connection, ROLE)
        cursor.execute(f"SET LOCAL ROLE {ROLE}")
        yield cursor
        cursor.execute("RESET ROLE")


@pytest.mark.parametrize("table", ["clinic_auditevent", "clinic_auditlink"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {0} SET {1} = {1}",
        "DELETE FROM {0}",
        "TRUNCATE {0} CASCADE",
        "DROP TRIGGER {0}_refuses_update ON {0}",
        "ALTER TABLE {0} DISABLE TRIGGER ALL",
        "ALTER TABLE {0} RENAME TO gone",
        "DROP TABLE {0} CASCADE",
        "CREATE RULE nothing AS ON INSERT TO {0} DO INSTEAD NOTHING",
        "CREATE TRIGGER own BEFORE INSERT ON {0} EXECUTE FUNCTION audit_trail_refuses()",
        "CREATE OR REPLACE FUNCTION audit_trail_refuses() RETURNS trigger LANGUAGE plpgsql "
        "AS $$ BEGIN RETURN OLD; END $$",
        "DROP FUNCTION audit_trail_refuses() CASCADE",
        "SET session_replication_role = replica",
        "GRANT UPDATE ON {0} TO " + ROLE,
        "DELETE FROM django_migrations",
    ],
)
def test_the_site_s_role_cannot_change_the_trail(doctor, patient, site_role, table, statement):
    record(AuditEvent.Verb.VIEW, actor=doctor, patient=patient, target=patient)
    seal_events()
    column = {"clinic_auditevent": "verb", "clinic_auditlink": "hash"}[table]

    try:
        with transaction.atomic():
            site_role.execute(statement.format(table, column))
    except ProgrammingError as error:
        assert error.__cause__.sqlstate == "42501"  # noqa: PT017  insufficient privilege
    else:
        # PostgreSQL only warns where nothing could be granted.
        assert statement.startswith("GRANT")
        with pytest.raises(ProgrammingError), transaction.atomic():
            site_role.execute(f"UPDATE {table} SET {column} = {column}")

    assert AuditEvent.objects.exists()
    assert AuditLink.objects.exists()


def test_an_ordinary_day_works_as_the_site_s_role(
    consultation, doctor, secretary, patient, sign_in, media, site_role
):
    desk, reader = sign_in(secretary), sign_in(doctor)
    ConsentFactory(patient=patient, purpose="ai_analysis", recorded_by=secretary)
    fill_visit(consultation, doctor)
    image = consultation.images.first()
    prediction = request_prediction(image=image, actor=doctor)
    run_prediction(prediction_id=prediction.pk)
    for client, urls in (
        (
            desk,
            ["clinic:desk_day", "clinic:waiting_room", "clinic:calendar", "clinic:patient_list"],
        ),
        (reader, ["clinic:doctor_day", "diagnosis:to_review", "clinic:notification_list"]),
    ):
        for url in urls:
            assert client.get(reverse(url)).status_code == 200, url
    assert reader.get(consultation.get_absolute_url()).status_code == 200
    assert reader.get(reverse("diagnosis:image_file", args=[image.pk])).status_code == 200
    assert Consultation.objects.filter(pk=consultation.pk).update(notes="Seen") == 1
    assert seal_events() > 10
    prediction.refresh_from_db()
    assert prediction.status == "done"


def test_an_owner_s_migration_gives_the_rights_in_every_table(db):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no roles")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {ROLE}")
        cursor.execute("CREATE TABLE of_tomorrow (id serial PRIMARY KEY)")
        grant_to_site(connection, ROLE)
        cursor.execute(f"SET LOCAL ROLE {ROLE}")
        cursor.execute("INSERT INTO of_tomorrow DEFAULT VALUES RETURNING id")
        assert cursor.fetchone()
        cursor.execute("RESET ROLE")
    with pytest.raises(ValueError, match="not a name of a role"):
        grant_to_site(connection, "site; DROP TABLE x")
