"""The addresses of all rooms, in one namespace."""

from django.urls import URLPattern

from clinic.core import urls as core
from clinic.office import urls as office
from clinic.people import urls as people
from clinic.records import urls as records
from clinic.scheduling import urls as scheduling

app_name = "clinic"

urlpatterns: list[URLPattern] = [
    *core.urlpatterns,
    *people.urlpatterns,
    *scheduling.urlpatterns,
    *records.urlpatterns,
    *office.urlpatterns,
]
