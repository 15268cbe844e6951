"""The URLs of all rooms, in one namespace."""

from django.urls import URLPattern

from diagnosis.atlas import urls as atlas
from diagnosis.letters import urls as letters
from diagnosis.predictions import urls as predictions
from diagnosis.reviews import urls as reviews

app_name = "diagnosis"

urlpatterns: list[URLPattern] = [
    *predictions.urlpatterns,
    *reviews.urlpatterns,
    *letters.urlpatterns,
    *atlas.urlpatterns,
]
