from django.urls import URLPattern, path

app_name = "diagnosis"

urlpatterns: list[URLPattern] = []
