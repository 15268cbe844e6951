"""Settings of the test suite: the site's own, with files in a folder that each run throws away."""

import os
import tempfile

os.environ.setdefault("SKINHEALTH_ENV", "test")
os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="skinhealth-test-"))

from skinhealth.settings import *  # noqa: E402, F403

EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Argon2 takes 50 ms a password on purpose; the suite signs in hundreds of times.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {  # noqa: F405
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
