"""Addresses of pages that join rooms."""

from django.urls import URLPattern, path

from clinic.office.views import (
    audit,
    catalogue,
    clinic_settings,
    consents,
    day,
    erasures,
    notifications,
    patients,
    portal,
    profile,
    record_access,
    record_endings,
)

urlpatterns: list[URLPattern] = [
    path("audit/", audit.audit_list, name="audit_list"),
    path("audit/export/", audit.audit_export, name="audit_export"),
    path("patients/<uuid:pk>/access/", audit.patient_access, name="patient_access"),
    path(
        "patients/<uuid:pk>/code/", record_access.record_code_hand_out, name="record_code_hand_out"
    ),
    path("patients/<uuid:pk>/code/paper/", record_access.record_code, name="record_code"),
    path("patients/<uuid:pk>/open/", record_access.record_open, name="record_open"),
    path("my/record/code/", record_access.my_record_code, name="my_record_code"),
    path("my/access/", audit.my_access, name="my_access"),
    path("settings/", clinic_settings.clinic_settings, name="clinic_settings"),
    path(
        "settings/preview/",
        clinic_settings.clinic_settings_preview,
        name="clinic_settings_preview",
    ),
    path("settings/logo/", clinic_settings.clinic_settings_logo, name="clinic_settings_logo"),
    path("settings/records/", record_endings.record_endings, name="record_endings"),
    path("settings/records/confirm/", record_endings.retention_confirm, name="retention_confirm"),
    path(
        "settings/records/withdraw/", record_endings.retention_withdraw, name="retention_withdraw"
    ),
    path("logo.png", clinic_settings.clinic_logo, name="clinic_logo"),
    path("settings/symptoms/", catalogue.symptom_list, name="symptom_list"),
    path("settings/symptoms/new/", catalogue.symptom_create, name="symptom_create"),
    path("settings/symptoms/<int:pk>/", catalogue.symptom_edit, name="symptom_edit"),
    path("settings/symptoms/<int:pk>/move/", catalogue.symptom_move, name="symptom_move"),
    path("settings/symptoms/<int:pk>/offer/", catalogue.symptom_offer, name="symptom_offer"),
    path("settings/body-sites/", catalogue.body_site_list, name="body_site_list"),
    path("settings/body-sites/<int:pk>/", catalogue.body_site_edit, name="body_site_edit"),
    path("settings/body-sites/<int:pk>/offer/", catalogue.body_site_offer, name="body_site_offer"),
    path("notifications/", notifications.notification_list, name="notification_list"),
    path("notifications/count/", notifications.notification_count, name="notification_count"),
    path("notifications/read/", notifications.notification_read_all, name="notification_read_all"),
    path(
        "notifications/<uuid:pk>/read/", notifications.notification_read, name="notification_read"
    ),
    path(
        "notifications/<uuid:pk>/open/", notifications.notification_open, name="notification_open"
    ),
    path("profile/", profile.profile, name="profile"),
    path("day/", day.doctor_day, name="doctor_day"),
    path("appointments/<uuid:pk>/open/", day.visit_open, name="visit_open"),
    path("visits/<uuid:pk>/undo/", day.visit_undo, name="visit_undo"),
    path("patients/<uuid:pk>/", patients.patient_detail, name="patient_detail"),
    path("patients/<uuid:pk>/consents/", consents.consent_record, name="consent_record"),
    path("consents/<uuid:pk>/withdraw/", consents.consent_withdraw, name="consent_withdraw"),
    path("my/visits/", portal.my_appointments, name="my_appointments"),
    path(
        "my/appointments/<uuid:pk>/cancel/",
        portal.my_appointment_cancel,
        name="my_appointment_cancel",
    ),
    path("my/erasure/", erasures.my_erasure, name="my_erasure"),
    path("erasures/", erasures.erasure_list, name="erasure_list"),
    path("erasures/<uuid:pk>/decide/", erasures.erasure_decide, name="erasure_decide"),
    path("erasures/<uuid:pk>/confirm/", erasures.erasure_confirm, name="erasure_confirm"),
    path("erasures/<uuid:pk>/take-back/", erasures.erasure_take_back, name="erasure_take_back"),
    path(
        "my/appointments/<uuid:pk>/visit.ics",
        portal.my_appointment_calendar,
        name="my_appointment_calendar",
    ),
]
