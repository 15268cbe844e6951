from django.urls import URLPattern, URLResolver, include, path

from skinhealth.views import home

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("", include("allauth.account.urls")),
    path("", include("clinic.urls")),
    path("", include("diagnosis.urls")),
]

handler404 = "skinhealth.views.not_found"
handler500 = "skinhealth.views.server_error"
