from typing import Any

from django.apps import AppConfig
from django.apps import apps as current_apps
from django.apps.registry import Apps
from django.conf import settings
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _

from clinic.core.typed_lines import guard_lines
from clinic.people.ended_record_guard import guard_ended_records, unguard_ended_records
from clinic.trail.site_role import grant_to_site


class ClinicConfig(AppConfig):
    """The app of people, appointments, visits and prescriptions."""

    name = "clinic"
    verbose_name = _("Clinic")

    def ready(self) -> None:
        """Guard ended records around migrations, and register what upper rooms tell lower ones."""
        guard_lines()
        pre_migrate.connect(_unguard, sender=self)
        post_migrate.connect(_guard, sender=self)
        _connect_rooms()


def _connect_rooms() -> None:
    from clinic.audit_words import LISTS, TARGETS
    from clinic.people.care import Care, tell_care
    from clinic.people.services.succession import Handover, tell_handover, tell_open_work
    from clinic.records.services import succession
    from clinic.scheduling.services import care, open_work
    from clinic.trail.audit_words import tell_words

    tell_words(targets=TARGETS, lists=LISTS)
    tell_care(Care(patients_of=care.patients_of, doctors_of=care.doctors_of))
    tell_open_work("visits_to_come", open_work.count_visits_to_come)
    tell_open_work("waiting", open_work.count_waiting)
    tell_open_work("to_move", open_work.count_to_move)
    tell_open_work("unsigned", succession.count_unsigned)
    tell_handover(Handover(succession.give_unsigned, succession.take_unsigned_back))


# SQLite drops the triggers of a table that a migration rebuilds, and cannot rename a table that a
# trigger names, so every migrate run creates all of them again.


def _unguard(*, using: str, **_options: Any) -> None:
    unguard_ended_records(connections[using])


def _guard(*, using: str, apps: Apps = current_apps, **_options: Any) -> None:
    guard_ended_records(connections[using], apps)
    if settings.DATABASE_SITE_ROLE:
        grant_to_site(connections[using], settings.DATABASE_SITE_ROLE)
