"""What the clinic has decided, as every room reads it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone

from clinic.core.encryption import UnreadableError
from clinic.core.models.clinic_settings import ClinicSettings


@contextmanager
def as_the_clinic_decides() -> Iterator[None]:
    """Goes by the clinic's clock until the end, and reads what it has decided once."""
    with (
        ClinicSettings.objects.read_once(),
        timezone.override(ClinicSettings.objects.current().zone),
    ):
        yield


def read_stored_logo() -> bytes | None:
    """The logo as it is kept; a file that is gone keeps no page and no paper back."""
    logo = ClinicSettings.objects.current().logo
    if not logo:
        return None
    try:
        with logo.open("rb") as file:
            content: bytes = file.read()
    except (OSError, UnreadableError):
        return None
    return content
