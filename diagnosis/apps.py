from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DiagnosisConfig(AppConfig):
    """The app of photographs, predictions, reviews and training samples."""

    name = "diagnosis"
    verbose_name = _("Diagnosis")

    def ready(self) -> None:
        """Register what the clinic shows of this app: photographs, letters and open reviews."""
        from clinic.people.models.consent import Consent
        from clinic.people.services.consents import tell_past_uses
        from clinic.people.services.succession import tell_open_work
        from clinic.records.services.signing import tell_findings
        from clinic.trail.audit_words import tell_words
        from diagnosis.audit_words import LISTS, TARGETS
        from diagnosis.reviews.findings import findings_of_visit
        from diagnosis.reviews.services.training_data import exports_with
        from diagnosis.reviews.services.worklist import count_unreviewed_of

        tell_past_uses(Consent.Purpose.TRAINING, exports_with)
        tell_open_work("unreviewed", count_unreviewed_of)
        tell_findings(findings_of_visit)
        tell_words(targets=TARGETS, lists=LISTS)
