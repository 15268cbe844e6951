from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DiagnosisConfig(AppConfig):
    """Photographs, predictions, reviews and training samples."""

    name = "diagnosis"
    verbose_name = _("Diagnosis")

    def ready(self) -> None:
        """Lets the clinic say what has been made of photographs while a consent stood."""
        from clinic.models import Consent
        from clinic.services.consents import tell_past_uses
        from diagnosis.services.training_data import exports_with

        tell_past_uses(Consent.Purpose.TRAINING, exports_with)
