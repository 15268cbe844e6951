"""Settings of the test suite: the site's own, with files in a folder deleted after each run."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# A test tells its worker process where its files are.
_folder = os.environ.get("TEST_DATA_DIR") or tempfile.mkdtemp(prefix="skinhealth-test-")
# Each process of a parallel run has its own folder.
_process = os.environ.get("PYTEST_XDIST_WORKER", "")
if not _folder.endswith(_process):
    _folder = f"{_folder}-{_process}"
if os.environ.get("TEST_DATA_DIR") != _folder:
    os.environ["TEST_DATA_DIR"] = _folder
    atexit.register(shutil.rmtree, _folder, ignore_errors=True)

os.environ["SKINHEALTH_ENV"] = "test"
os.environ["DATA_DIR"] = os.environ["TEST_DATA_DIR"]
Path(os.environ["DATA_DIR"]).mkdir(exist_ok=True)

from skinhealth.settings import *  # noqa: E402, F403
from skinhealth.settings import (  # noqa: E402
    CELERY_BROKER_TRANSPORT_OPTIONS,
    DATA_DIR,
    DATABASES,
    IS_SQLITE,
    STORAGES,
    TEMPLATES,
)

if IS_SQLITE:
    # A file, because a database in memory cannot be shared with a worker process.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
# On a shared Redis, each run reads only its own keys.
CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"] = f"{DATA_DIR.name}:"

EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Argon2 takes 50 ms per password on purpose; the suite signs in hundreds of times.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
# The suite clears its cache, which on Redis would also delete the workers' jobs.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


class MissingText(str):
    """Replaces a missing variable in a template; when a translated text uses it, it raises."""

    __slots__ = ()

    def __contains__(self, what: object) -> bool:
        raise LookupError("A translated text uses a missing variable.")


# A page that reads a missing variable fails; see `tests/strict_templates.py`.
_options = TEMPLATES[0]["OPTIONS"]
assert isinstance(_options, dict)
_options["string_if_invalid"] = MissingText()

# Each browser test creates the middleware again, which would list every static file each time.
WHITENOISE_AUTOREFRESH = True
