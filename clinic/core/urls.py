"""Addresses that belong to no other room."""

from django.urls import URLPattern, path

from clinic.core import views

urlpatterns: list[URLPattern] = [
    path("glyphs/", views.glyph_check, name="glyph_check"),
    path("days/read/", views.day_in_words, name="day_in_words"),
]
