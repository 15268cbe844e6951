"""Hand on what applied migrations name here; the model is in its room now."""

from clinic.records.models.paper import new_token

__all__ = ["new_token"]
