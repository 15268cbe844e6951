from django.apps import AppConfig


class SkinHealthConfig(AppConfig):
    """The project's own app: settings, the worker program and pages that belong to no other app."""

    name = "skinhealth"
