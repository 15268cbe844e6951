"""The clinic's settings as every room reads them."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone

from clinic.core.encryption import UnreadableError
from clinic.core.models.clinic_settings import ClinicSettings


@contextmanager
def as_the_clinic_decides() -> Iterator[None]:
    """Use the clinic's time zone inside, and read its settings only once."""
    with (
        ClinicSettings.objects.read_once(),
        timezone.override(ClinicSettings.objects.current().zone),
    ):
        yield


def read_stored_logo() -> bytes | None:
    """Return the stored logo, or nothing if its file is missing: pages and papers work without."""
    logo = ClinicSettings.objects.current().logo
    if not logo:
        return None
    try:
        with logo.open("rb") as file:
            content: bytes = file.read()
    except (OSError, UnreadableError):
        return None
    return content
