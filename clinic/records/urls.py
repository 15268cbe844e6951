"""Addresses of visits, facts, prescriptions, papers and phrases."""

from django.urls import URLPattern, path

from clinic.records.views import (
    documents,
    drug_warnings,
    facts,
    papers,
    phrases,
    prescriptions,
    visits,
)

urlpatterns: list[URLPattern] = [
    path("visits/<uuid:pk>/patient/", visits.visit_patient, name="visit_patient"),
    path("visits/<uuid:pk>/save/", visits.visit_save, name="visit_save"),
    path("visits/<uuid:pk>/facts/", facts.visit_facts, name="visit_facts"),
    path("visits/<uuid:pk>/facts/<slug:kind>/", facts.fact_add, name="fact_add"),
    path("facts/<slug:kind>/<uuid:pk>/end/", facts.fact_end, name="fact_end"),
    path("visits/<uuid:pk>/sign/", visits.visit_sign, name="visit_sign"),
    path("visits/<uuid:pk>/addenda/", visits.addendum_add, name="addendum_add"),
    path(
        "visits/<uuid:pk>/prescription/",
        prescriptions.prescription_save,
        name="prescription_save",
    ),
    path("visits/<uuid:pk>/warnings/", drug_warnings.drug_warnings, name="drug_warnings"),
    path(
        "visits/<uuid:pk>/warnings/override/",
        drug_warnings.warning_override,
        name="warning_override",
    ),
    path("visits/<uuid:pk>/warnings/by-hand/", drug_warnings.hand_checks, name="hand_checks"),
    path("templates/", phrases.template_list, name="template_list"),
    path("templates/new/<slug:kind>/", phrases.template_new, name="template_new"),
    path("templates/menu/<slug:kind>/", phrases.template_menu, name="template_menu"),
    path("templates/keep/<slug:kind>/", phrases.template_keep, name="template_keep"),
    path("templates/<uuid:pk>/", phrases.template_edit, name="template_edit"),
    path(
        "templates/<uuid:pk>/archive/",
        phrases.template_archive,
        name="template_archive",
    ),
    path("prescriptions/<uuid:pk>/pdf/", prescriptions.prescription_pdf, name="prescription_pdf"),
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
    path("verify/<str:token>/", papers.document_verify, name="document_verify"),
    path(
        "patients/<uuid:pk>/documents/",
        documents.patient_documents,
        name="patient_documents",
    ),
    path("documents/<uuid:pk>/file/", documents.document_file, name="document_file"),
    path(
        "documents/<uuid:pk>/archive/",
        documents.document_archive,
        name="document_archive",
    ),
    path("documents/<uuid:pk>/share/", documents.document_share, name="document_share"),
    path("my/documents/", documents.my_documents, name="my_documents"),
]
