from allauth.account import urls as account_urls
from django.urls import URLPattern, URLResolver, include, path

from clinic.views.sign_up import sign_up
from skinhealth.metrics import metrics
from skinhealth.probes import healthz, readyz
from skinhealth.views import home, language_set

# The clinic changes an address, and notes it: nobody adds, confirms or signs in with another.
CLOSED_ACCOUNT_PAGES = {
    # Registered by steps of the clinic, which prove the address before there is an account.
    "account_signup",
    "account_email",
    "account_email_verification_sent",
    "account_confirm_email",
    "account_confirm_login_code",
}
open_account_pages = [
    pattern for pattern in account_urls.urlpatterns if pattern.name not in CLOSED_ACCOUNT_PAGES
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("language/", language_set, name="language_set"),
    path("signup/", sign_up, name="account_signup"),
    path("", include(open_account_pages)),
    path("security/", include("allauth.mfa.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
    path("", include("clinic.urls")),
    path("", include("diagnosis.urls")),
]

handler404 = "skinhealth.views.not_found"
handler500 = "skinhealth.views.server_error"
