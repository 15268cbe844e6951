"""Hand on what applied migrations name here; it is in `clinic.core.encrypted_columns` now."""

from clinic.core.encrypted_columns import open_stored_texts, seal_stored_texts

__all__ = ["open_stored_texts", "seal_stored_texts"]
