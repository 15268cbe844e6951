from django.urls import URLPattern, path

from clinic.views import (
    accounts,
    appointments,
    consents,
    day,
    desk,
    patients,
    portal,
    prescriptions,
    profile,
    schedule,
    visits,
)

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
    path("day/", day.doctor_day, name="doctor_day"),
    path("appointments/<uuid:pk>/open/", visits.visit_open, name="visit_open"),
    path("visits/<uuid:pk>/save/", visits.visit_save, name="visit_save"),
    path("visits/<uuid:pk>/facts/", visits.visit_facts, name="visit_facts"),
    path("visits/<uuid:pk>/sign/", visits.visit_sign, name="visit_sign"),
    path("visits/<uuid:pk>/addenda/", visits.addendum_add, name="addendum_add"),
    path(
        "visits/<uuid:pk>/prescription/",
        prescriptions.prescription_save,
        name="prescription_save",
    ),
    path(
        "prescriptions/<uuid:pk>/revoke/",
        prescriptions.prescription_revoke,
        name="prescription_revoke",
    ),
    path(
        "prescriptions/<uuid:pk>/renew/",
        prescriptions.prescription_renew,
        name="prescription_renew",
    ),
    path("desk/", desk.desk_day, name="desk_day"),
    path("appointments/new/", appointments.appointment_book, name="appointment_book"),
    path("appointments/<uuid:pk>/", appointments.appointment_detail, name="appointment_detail"),
    path("appointments/<uuid:pk>/move/", appointments.appointment_move, name="appointment_move"),
    path("doctors/", schedule.doctor_list, name="doctor_list"),
    path("doctors/<uuid:pk>/hours/", schedule.doctor_hours, name="doctor_hours"),
    path("hours/<int:pk>/remove/", schedule.hours_remove, name="hours_remove"),
    path("patients/", patients.patient_list, name="patient_list"),
    path("patients/new/", patients.patient_register, name="patient_register"),
    path("patients/<uuid:pk>/", patients.patient_detail, name="patient_detail"),
    path("patients/<uuid:pk>/edit/", patients.patient_edit, name="patient_edit"),
    path("patients/<uuid:pk>/consents/", consents.consent_record, name="consent_record"),
    path("consents/<uuid:pk>/withdraw/", consents.consent_withdraw, name="consent_withdraw"),
    path("my/visits/", portal.my_appointments, name="my_appointments"),
    path(
        "my/appointments/<uuid:pk>/cancel/",
        portal.my_appointment_cancel,
        name="my_appointment_cancel",
    ),
]
