from django.urls import URLPattern, path

from clinic.views import accounts, profile

app_name = "clinic"

urlpatterns: list[URLPattern] = [
    path("accounts/", accounts.account_list, name="account_list"),
    path("accounts/new/", accounts.account_create, name="account_create"),
    path("accounts/<uuid:pk>/", accounts.account_edit, name="account_edit"),
    path("accounts/<uuid:pk>/deactivate/", accounts.account_deactivate, name="account_deactivate"),
    path("accounts/<uuid:pk>/reactivate/", accounts.account_reactivate, name="account_reactivate"),
    path("accounts/<uuid:pk>/invite/", accounts.account_invite, name="account_invite"),
    path("accounts/<uuid:pk>/photograph/", accounts.account_photograph, name="account_photograph"),
    path("patients/<uuid:pk>/invite/", accounts.patient_invite, name="patient_invite"),
    path("profile/", profile.profile, name="profile"),
]
