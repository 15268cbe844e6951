"""Re-export names for applied migrations; the model is in its room."""

from clinic.records.models.paper import new_token

__all__ = ["new_token"]
