"""Settings of the site, read from the environment and safe by default."""

import base64
import hashlib
import os
from importlib.util import find_spec
from pathlib import Path

import django_stubs_ext
import environ
import manimgx_fonts
import manimgx_fonts_cjk
from django.core.exceptions import ImproperlyConfigured
from whitenoise.compress import Compressor

from clinic.core.encryption import parse_data_keys
from ml.bundle.manifest import VIEW_COUNTS
from skinhealth.operations.logs.configuration import FORMATS, logging_configuration
from skinhealth.production import refuse_unsafe_production
from skinhealth.rate_limits import RATE_LIMITS
from skinhealth.timetable import timetable

BASE_DIR = Path(__file__).resolve().parent.parent

django_stubs_ext.monkeypatch()  # makes ModelForm[User] and the like work at run time

env = environ.Env()
# If SKINHEALTH_ENV is set, no file is read; otherwise the one that `make demo` wrote is.
if "SKINHEALTH_ENV" not in os.environ:
    environ.Env.read_env(BASE_DIR / ".env.demo")

ENVIRONMENT = env.str("SKINHEALTH_ENV", default="production")  # production, demo or test
IS_PRODUCTION = ENVIRONMENT == "production"
IS_DEMO = ENVIRONMENT == "demo"
if ENVIRONMENT not in {"production", "demo", "test"}:
    raise ImproperlyConfigured("SKINHEALTH_ENV must be production, demo or test.")

DEBUG = env.bool("DEBUG", default=IS_DEMO)

# Everybody can read this file, so a production start with this key is refused below.
DEFAULT_SECRET_KEY = "only-for-a-demo-or-a-test-" + "0" * 40
SECRET_KEY = env.str("SECRET_KEY", default=DEFAULT_SECRET_KEY)

# Photographs are stored here; without servers, so are database and queue.
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / ".demo"))).resolve()

# The keys for photographs and clinical texts: `id:base64` pairs, of which the first encrypts.
# Without it, demos and tests use a key that is as public as the secret above.
WELL_KNOWN_DATA_KEY = base64.b64encode(
    hashlib.sha256(DEFAULT_SECRET_KEY.encode()).digest()
).decode()
DATA_KEYS = env.str("DATA_KEYS", default=f"well-known:{WELL_KNOWN_DATA_KEY}")
parse_data_keys(DATA_KEYS)

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if IS_PRODUCTION else ["*"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "skinhealth.apps.SkinHealthConfig",
    "clinic.apps.ClinicConfig",
    "diagnosis.apps.DiagnosisConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "phonenumber_field",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django.forms",
]
# Its people share a password that everybody knows, so it is left out in service and in the image.
HAS_DEMO = not IS_PRODUCTION and find_spec("skinhealth.demo") is not None
if HAS_DEMO:
    INSTALLED_APPS.append("skinhealth.demo")

MIDDLEWARE = [
    "skinhealth.operations.logs.requests.RequestLogMiddleware",
    "skinhealth.operations.metrics.MetricsMiddleware",
    "skinhealth.operations.probes.ProbeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "skinhealth.middleware.SecurityHeadersMiddleware",
    "skinhealth.middleware.BodySizeMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "clinic.people.known_devices.KnownDeviceMiddleware",
    "clinic.people.idle.TimeOutMiddleware",
    "clinic.core.middleware.ClinicSettingsMiddleware",
    "clinic.core.middleware.UserLanguageMiddleware",
    "clinic.people.middleware.AuditOriginMiddleware",
    "clinic.people.middleware.UnsentFormMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "clinic.people.second_factor.SecondFactorMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "clinic.core.middleware.UnreadableDataMiddleware",
    "clinic.people.middleware.LateChangeMiddleware",
]

ROOT_URLCONF = "skinhealth.urls"
WSGI_APPLICATION = "skinhealth.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "skinhealth.context_processors.frame",
                "skinhealth.context_processors.layout",
                *(["skinhealth.demo.context_processors.demo"] if HAS_DEMO else []),
            ],
        },
    },
]
FORM_RENDERER = "skinhealth.forms.ClinicRenderer"

DATABASES = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'skinhealth.sqlite3'}")
}
# The role that the site runs as, where another one owns the tables; `migrate` gives it its rights.
DATABASE_SITE_ROLE = env.str("DATABASE_SITE_ROLE", default="")
IS_SQLITE = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
if IS_SQLITE:
    # Writers queue instead of failing, and readers never wait for them.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # Seconds; an unreachable server must cost people a moment, not two minutes.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "clinic.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 48 * 3600  # seconds; an invitation is such a link
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "clinic.people.adapters.ClinicAccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_RATE_LIMITS = RATE_LIMITS

# The number of proxies in front of the site: it decides which address limits and the trail use.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
# Admins and doctors need a second factor; a demo does without, so that one click is enough.
MFA_REQUIRED = env.bool("MFA_REQUIRED", default=not IS_DEMO)
MFA_ADAPTER = "clinic.people.second_factor.ClinicMFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # the clinic invited the address
MFA_TOTP_TOLERANCE = 1  # steps of half a minute
MFA_FORMS = {
    "authenticate": "clinic.people.forms.second_factor.OnceAuthenticateForm",
    "reauthenticate": "clinic.people.forms.second_factor.OnceReauthenticateForm",
}
USERSESSIONS_ADAPTER = "clinic.people.services.sessions.ClinicSessionsAdapter"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_PRODUCTION

# After so many minutes without a click people are signed out, and everybody after so many hours.
STAFF_IDLE_MINUTES = env.int("STAFF_IDLE_MINUTES", default=15)
PATIENT_IDLE_MINUTES = env.int("PATIENT_IDLE_MINUTES", default=30)
SESSION_HOURS = env.int("SESSION_HOURS", default=12)
if min(STAFF_IDLE_MINUTES, PATIENT_IDLE_MINUTES, SESSION_HOURS) < 1:
    raise ImproperlyConfigured(
        "STAFF_IDLE_MINUTES, PATIENT_IDLE_MINUTES and SESSION_HOURS must be at least 1."
    )
SESSION_COOKIE_AGE = SESSION_HOURS * 3600  # seconds
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True

# The default keeps messages in a cookie, and they may name a patient.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

LANGUAGE_CODE = "en"
# Each in its own language, because people may read no other.
LANGUAGES = [("en", "English"), ("fr", "Français"), ("ar", "العربية")]
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["skinhealth.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("CLINIC_TIME_ZONE", default="Europe/Paris")
PHONENUMBER_DEFAULT_REGION = env.str("CLINIC_REGION", default="FR")
PHONENUMBER_DB_FORMAT = "E164"

CLINIC_NAME = env.str("CLINIC_NAME", default="SkinHealth Clinic")
CLINIC_PHONE = env.str("CLINIC_PHONE", default="")
CLINIC_ADDRESS = env.str("CLINIC_ADDRESS", default="")
CLINIC_SLOT_MINUTES = env.int("CLINIC_SLOT_MINUTES", default=15)
PAGE_SIZE = 25

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("vendor/bootstrap", BASE_DIR / "node_modules/bootstrap/dist"),
    ("vendor/bootstrap-icons", BASE_DIR / "node_modules/bootstrap-icons/font"),
    ("vendor/htmx", BASE_DIR / "node_modules/htmx.org/dist"),
    ("vendor/event-calendar", BASE_DIR / "node_modules/@event-calendar/build/dist"),
]
WHITENOISE_USE_FINDERS = not IS_PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG
# Most of the files are source maps, which only developer tools ask for.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [*Compressor.SKIP_COMPRESS_EXTENSIONS, "map"]
# Folders; npm and PyPI install them.
PAPER_FONTS = [
    BASE_DIR / "node_modules" / "@expo-google-fonts",
    *(Path(package.__path__[0]) for package in (manimgx_fonts, manimgx_fonts_cjk)),
]
STORAGES = {
    # No URL: a photograph leaves the site only through a view that checks who asks.
    "default": {
        "BACKEND": "clinic.core.encrypted_storage.EncryptedStorage",
        "OPTIONS": {"location": DATA_DIR / "photographs", "base_url": None},
    },
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if IS_PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage",
        # They are usually collected by a different user than the site runs as.
        "OPTIONS": {"file_permissions_mode": 0o644, "directory_permissions_mode": 0o755},
    },
}
# Once collected, the source folders are not needed; the image has no node_modules.
IS_COLLECTED = IS_PRODUCTION and (STATIC_ROOT / "staticfiles.json").exists()
SILENCED_SYSTEM_CHECKS = ["staticfiles.W004"] if IS_COLLECTED else []
# Request bodies: one photograph and its form.
PHOTOGRAPH_MAX_BYTES = 15 * 1024 * 1024
PHOTOGRAPH_MIN_SIDE = 64  # pixels
PHOTOGRAPH_SMALL_SIDE = 224  # pixels; below it the page warns
# Uploads up to this size are never written to disk as they were sent, not even for a moment.
FILE_UPLOAD_MAX_MEMORY_SIZE = PHOTOGRAPH_MAX_BYTES + 1024 * 1024  # the form around it
FILE_UPLOAD_PERMISSIONS = 0o600

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"{CLINIC_NAME} <clinic@localhost>")

# Where people reach the site; a worker that sends an email has no request to read it from.
SITE_URL = env.str("SITE_URL", default="").rstrip("/")

# Where weaknesses are reported; without it, by the clinic's phone.
SECURITY_CONTACTS = [
    contact if ":" in contact else f"mailto:{contact}"
    for contact in env.list("SECURITY_CONTACT", default=[])
]
if not all(contact.startswith(("mailto:", "https://", "tel:")) for contact in SECURITY_CONTACTS):
    raise ImproperlyConfigured("SECURITY_CONTACT must be email addresses, https:// or tel: URLs.")

# The dotted path of a `clinic.core.sms.SmsBackend` class; without one, no text messages.
SMS_BACKEND = env.str("SMS_BACKEND", default="clinic.core.sms.ConsoleSms" if IS_DEMO else "")
REMINDER_FIRST_HOURS = env.int("REMINDER_FIRST_HOURS", default=48)
REMINDER_LAST_HOURS = env.int("REMINDER_LAST_HOURS", default=2)
if not REMINDER_FIRST_HOURS > REMINDER_LAST_HOURS > 0:
    raise ImproperlyConfigured("REMINDER_FIRST_HOURS must be more than REMINDER_LAST_HOURS.")
NO_SHOW_AFTER_MINUTES = env.int("NO_SHOW_AFTER_MINUTES", default=30)  # after the end
NOTICE_MAX_TRIES = 5  # the last one about an hour and a half after the first
NOTICE_CUT_OFF_AFTER = 300  # seconds; sending never takes that long

QUEUE_DIR = DATA_DIR / "queue"
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="filesystem://localhost/")
if CELERY_BROKER_URL.startswith("filesystem:"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(QUEUE_DIR / "messages"),
        "data_folder_out": str(QUEUE_DIR / "messages"),
        "control_folder": str(QUEUE_DIR / "control"),
        "store_processed": False,
        "polling_interval": 0.02,  # seconds; costs half a percent of a core while idle
    }
else:
    # A broker that is down must cost people who upload a moment, not a minute.
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "socket_connect_timeout": 1,
        "socket_timeout": 5,
        "visibility_timeout": 3600,
    }
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker as long as it takes
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(QUEUE_DIR / "beat")
CELERY_TASK_ROUTES = {"diagnosis.tasks.run_prediction_task": {"queue": "inference"}}
CELERY_BEAT_SCHEDULE = timetable(env)

# Sign-in attempts are counted here, so several web processes have to share it.
CACHE_URL = env.str(
    "CACHE_URL", default=CELERY_BROKER_URL if CELERY_BROKER_URL.startswith("redis") else ""
)
if CACHE_URL:
    CACHES = {
        "default": {
            "BACKEND": "skinhealth.cache.PatientRedisCache",
            "LOCATION": CACHE_URL,
            "KEY_PREFIX": "skinhealth-cache",
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
        }
    }

MODEL_BUNDLE = Path(env.str("MODEL_BUNDLE", default=str(BASE_DIR / "ml" / "weights")))
MODEL_ENGINE = env.str("MODEL_ENGINE", default="auto")  # auto, onnx, torch
MODEL_THREADS = env.int("MODEL_THREADS", default=0)  # 0: one per core
MODEL_VIEWS = env.int("MODEL_VIEWS", default=0)  # 0: as in the bundle
if MODEL_VIEWS not in (0, *VIEW_COUNTS):
    raise ImproperlyConfigured("MODEL_VIEWS must be 0, 1, 2, 4 or 8.")
PREDICTION_TIME_LIMIT = env.int("PREDICTION_TIME_LIMIT", default=20)  # seconds, one run
PREDICTION_LOST_AFTER = env.int("PREDICTION_LOST_AFTER", default=30)  # seconds, then queued again
PREDICTION_MAX_TRIES = 3

DISK_FREE_MIN_MB = env.int("DISK_FREE_MIN_MB", default=1024)  # below it the site is not ready
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")  # empty: /metrics answers only this machine
if METRICS_TOKEN and len(METRICS_TOKEN) < 20:
    raise ImproperlyConfigured("Set METRICS_TOKEN to at least 20 characters, or leave it out.")

X_FRAME_OPTIONS = "DENY"
# A cookie of this name comes over HTTPS and from this very host, never from another subdomain.
# Browsers refuse it over plain HTTP, where a demo runs.
COOKIE_PREFIX = "__Host-" if IS_PRODUCTION else ""
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if IS_PRODUCTION:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    LANGUAGE_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
    CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
    LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}django_language"
    refuse_unsafe_production(globals())

LOG_FORMAT = env.str("LOG_FORMAT", default="json" if IS_PRODUCTION else "plain")
if LOG_FORMAT not in FORMATS:
    raise ImproperlyConfigured("LOG_FORMAT must be json or plain.")
LOGGING = logging_configuration(
    format_name=LOG_FORMAT,
    level=env.str("LOG_LEVEL", default="INFO"),
    is_production=IS_PRODUCTION,
)
