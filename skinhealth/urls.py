from allauth.account import urls as account_urls
from django.urls import URLPattern, URLResolver, include, path, re_path

from clinic.people.views.passwords import password_reset, password_reset_from_key
from clinic.people.views.sign_up import sign_up
from skinhealth.operations.metrics import metrics
from skinhealth.operations.probes import healthz, readyz
from skinhealth.views import home, language_set
from skinhealth.well_known import change_password, security_txt

# Only the clinic changes addresses, and notes it: people cannot add or confirm others.
CLOSED_ACCOUNT_PAGES = {
    # The clinic's own registration proves the address before there is an account.
    "account_signup",
    "account_email",
    "account_email_verification_sent",
    "account_confirm_email",
    "account_confirm_login_code",
    # Replaced by pages with the site's own limits.
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
}
open_account_pages = [
    pattern for pattern in account_urls.urlpatterns if pattern.name not in CLOSED_ACCOUNT_PAGES
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path(".well-known/security.txt", security_txt, name="security_txt"),
    path(".well-known/change-password", change_password, name="change_password"),
    path("language/", language_set, name="language_set"),
    path("signup/", sign_up, name="account_signup"),
    path("password/reset/", password_reset, name="account_reset_password"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("", include(open_account_pages)),
    path("security/", include("allauth.mfa.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
    path("", include("clinic.urls")),
    path("", include("diagnosis.urls")),
]

handler404 = "skinhealth.views.not_found"
handler500 = "skinhealth.views.server_error"
