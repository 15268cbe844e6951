"""What every test of the clinic starts from."""

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _no_attempts_before():
    """Throttling counts in the cache, which outlives a test."""
    cache.clear()


@pytest.fixture
def desk(sign_in, secretary):
    """A browser in which the secretary has signed in."""
    return sign_in(secretary)
