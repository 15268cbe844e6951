"""Refuse an unsafe start in production, with a message that says what to set."""

import os
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured


def refuse_unsafe_production(chosen: Mapping[str, Any]) -> None:
    """Refuse settings that are unsafe for a clinic; `chosen` are the settings by name."""
    _refuse_known_secrets(chosen)
    _refuse_what_is_for_demos(chosen)
    _refuse_open_doors(chosen)


def _refuse_known_secrets(chosen: Mapping[str, Any]) -> None:
    secret = chosen["SECRET_KEY"]
    if secret == chosen["DEFAULT_SECRET_KEY"] or len(secret) < 50:
        raise ImproperlyConfigured("Set SECRET_KEY to a secret of at least 50 characters.")
    if chosen["WELL_KNOWN_DATA_KEY"] in chosen["DATA_KEYS"]:
        raise ImproperlyConfigured(
            "Set DATA_KEYS to a key of your own: "
            "`SKINHEALTH_ENV=demo python manage.py make_data_key` prints one."
        )
    if secret.startswith("django-insecure-") or len(set(secret)) < 5:
        raise ImproperlyConfigured("Set SECRET_KEY to a secret that was generated at random.")


def _refuse_what_is_for_demos(chosen: Mapping[str, Any]) -> None:
    if chosen["DEBUG"]:
        raise ImproperlyConfigured("DEBUG is not allowed in production.")
    if not chosen["MFA_REQUIRED"]:
        raise ImproperlyConfigured("MFA_REQUIRED is always on in production.")
    if chosen["IS_SQLITE"]:
        raise ImproperlyConfigured("Set DATABASE_URL to a PostgreSQL database, not SQLite.")
    if "DATA_DIR" not in os.environ:
        raise ImproperlyConfigured("Set DATA_DIR to the folder that keeps the photographs.")
    # Both write patients' names and addresses where the log is read.
    backend = chosen["EMAIL_CONFIG"]["EMAIL_BACKEND"]
    if backend.endswith((".console.EmailBackend", ".filebased.EmailBackend")):
        raise ImproperlyConfigured("Set EMAIL_URL to a mail server, smtp+tls://user:password@host.")
    if chosen["SMS_BACKEND"].endswith(".sms.ConsoleSms"):
        raise ImproperlyConfigured("Set SMS_BACKEND to a provider: ConsoleSms is for demos.")


def _refuse_open_doors(chosen: Mapping[str, Any]) -> None:
    # The web program speaks no TLS and its cookies require it, so there must be a proxy.
    if chosen["ALLAUTH_TRUSTED_PROXY_COUNT"] < 1:
        raise ImproperlyConfigured(
            "Set TRUSTED_PROXY_COUNT to the number of proxies in front of the site, at least 1: "
            "otherwise everybody has the proxy's address, and one stranger can lock everybody out."
        )
    if not chosen["ALLOWED_HOSTS"] or "*" in chosen["ALLOWED_HOSTS"]:
        raise ImproperlyConfigured("Set ALLOWED_HOSTS to the names of this site.")
