"""Load the demo clinic in tests."""

from contextlib import contextmanager
from datetime import datetime
from functools import partial
from unittest import mock

from django.conf import settings
from django.core.management import call_command
from django.test import override_settings
from django.utils import timezone

from skinhealth.demo import atlas, visits
from skinhealth.demo.drawing import draw_lesion


@contextmanager
def as_a_demo(folder):
    """Run as a demo, with small drawings and a separate folder for photographs."""
    storage = settings.STORAGES["default"] | {"OPTIONS": {"location": folder, "base_url": None}}
    with (
        override_settings(
            IS_DEMO=True, DEBUG=True, STORAGES=settings.STORAGES | {"default": storage}
        ),
        small_drawings(),
    ):
        yield


@contextmanager
def small_drawings():
    """Draw a tenth of the pixels, because nobody looks at them here."""
    small = partial(draw_lesion, size=(256, 192))
    with (
        mock.patch.object(visits, "draw_lesion", small),
        mock.patch.object(atlas, "SIZE", (256, 192)),
    ):
        yield


def load(moment=None):
    now = timezone.make_aware(datetime.fromisoformat(moment)) if moment else timezone.now()
    with mock.patch.object(timezone, "now", lambda: now):  # noqa: PT008
        call_command("load_demo")
    return now
