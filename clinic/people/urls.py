"""Addresses of accounts, sign-in, consent and emergencies."""

from django.urls import URLPattern, path

from clinic.people.views import (
    accounts,
    emergency,
    idle,
    own_consents,
    passwords,
    patients,
    sessions,
    sign_up,
    unsent_forms,
)

urlpatterns: list[URLPattern] = [
    path("accounts/", accounts.account_list, name="account_list"),
    path("accounts/new/", accounts.account_create, name="account_create"),
    path("accounts/<uuid:pk>/", accounts.account_edit, name="account_edit"),
    path("accounts/<uuid:pk>/deactivate/", accounts.account_deactivate, name="account_deactivate"),
    path("accounts/<uuid:pk>/reactivate/", accounts.account_reactivate, name="account_reactivate"),
    path(
        "accounts/<uuid:pk>/second-step/",
        accounts.account_second_factor,
        name="account_second_factor",
    ),
    path("accounts/<uuid:pk>/invite/", accounts.account_invite, name="account_invite"),
    path("accounts/<uuid:pk>/photograph/", accounts.account_photograph, name="account_photograph"),
    path(
        "accounts/<uuid:pk>/photograph/change/", accounts.account_portrait, name="account_portrait"
    ),
    path("patients/<uuid:pk>/invite/", accounts.patient_invite, name="patient_invite"),
    path("emergency/", emergency.emergency_list, name="emergency_list"),
    path("emergency/open/", emergency.emergency_open, name="emergency_open"),
    path("emergency/<uuid:pk>/", emergency.emergency_review, name="emergency_review"),
    path("emergency/<uuid:pk>/end/", emergency.emergency_end, name="emergency_end"),
    path("session/", idle.session_left, name="session_left"),
    path("session/back/", idle.session_back, name="session_back"),
    path("session/stay/", idle.session_stay, name="session_stay"),
    path("unsent/keep/", unsent_forms.unsent_keep, name="unsent_keep"),
    path("unsent/find/", unsent_forms.unsent_find, name="unsent_find"),
    path("unsent/drop/", unsent_forms.unsent_drop, name="unsent_drop"),
    path("sessions/<int:pk>/end/", sessions.session_end, name="session_end"),
    path("password/code/", passwords.password_code, name="password_code"),
    path("signup/code/", sign_up.sign_up_code, name="sign_up_code"),
    path("signup/details/", sign_up.sign_up_details, name="sign_up_details"),
    path("my/consents/", own_consents.my_consents, name="my_consents"),
    path("my/preferences/", own_consents.my_preferences, name="my_preferences"),
    path("my/consents/<slug:purpose>/give/", own_consents.my_consent_give, name="my_consent_give"),
    path(
        "my/consents/<slug:purpose>/withdraw/",
        own_consents.my_consent_withdraw,
        name="my_consent_withdraw",
    ),
    path("patients/", patients.patient_list, name="patient_list"),
    path("patients/find/", patients.patient_find, name="patient_find"),
    path("patients/new/", patients.patient_register, name="patient_register"),
    path("patients/<uuid:pk>/edit/", patients.patient_edit, name="patient_edit"),
]
