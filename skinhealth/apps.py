from django.apps import AppConfig


class SkinHealthConfig(AppConfig):
    """The project itself: settings, worker program and the pages of no single app."""

    name = "skinhealth"
