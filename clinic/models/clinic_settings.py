"""Re-export names for applied migrations; the model is in its room."""

from clinic.core.models.clinic_settings import check_languages, check_time_zone, default_time_zone

__all__ = ["check_languages", "check_time_zone", "default_time_zone"]
