from django.urls import URLPattern, path

app_name = "clinic"

urlpatterns: list[URLPattern] = []
