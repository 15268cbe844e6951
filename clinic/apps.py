from typing import Any

from django.apps import AppConfig
from django.apps import apps as current_apps
from django.apps.registry import Apps
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _

from clinic.people.ended_record_guard import guard_ended_records, unguard_ended_records


class ClinicConfig(AppConfig):
    """People, appointments, visits and prescriptions."""

    name = "clinic"
    verbose_name = _("Clinic")

    def ready(self) -> None:
        """Take the triggers over ended records away for migrations, and make them after."""
        pre_migrate.connect(_unguard, sender=self)
        post_migrate.connect(_guard, sender=self)


# SQLite loses the triggers of a table that a migration rebuilds, and renames no table that a
# trigger names; so each run of migrations makes all of them anew.


def _unguard(*, using: str, **_options: Any) -> None:
    unguard_ended_records(connections[using])


def _guard(*, using: str, apps: Apps = current_apps, **_options: Any) -> None:
    guard_ended_records(connections[using], apps)
