"""URLs of reports and letters."""

from django.urls import URLPattern, path

from diagnosis.letters.views import letters, reports

urlpatterns: list[URLPattern] = [
    path("visits/<uuid:pk>/report/", reports.visit_report, name="visit_report"),
    path(
        "visits/<uuid:pk>/report/photographs/",
        letters.visit_report_chosen,
        name="visit_report_chosen",
    ),
    path("visits/<uuid:pk>/letters/", letters.visit_letters, name="visit_letters"),
    path("letters/<uuid:pk>/", letters.referral_letter, name="referral_letter"),
]
