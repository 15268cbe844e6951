"""URLs of the model and its answers."""

from django.urls import URLPattern, path

from diagnosis.predictions.views import model

urlpatterns: list[URLPattern] = [
    path("model/", model.model_card, name="model_card"),
]
