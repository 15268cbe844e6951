"""Hand on what applied migrations name here; the model is in its room now."""

from clinic.core.models.clinic_settings import check_languages, check_time_zone, default_time_zone

__all__ = ["check_languages", "check_time_zone", "default_time_zone"]
