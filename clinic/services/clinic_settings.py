"""What the clinic decides for itself, and the change of it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone

from clinic.models import ClinicSettings


@contextmanager
def as_the_clinic_decides() -> Iterator[None]:
    """Goes by the clinic's clock until the end, and reads what it has decided once."""
    with (
        ClinicSettings.objects.read_once(),
        timezone.override(ClinicSettings.objects.current().zone),
    ):
        yield
