"""Re-export names for applied migrations; the code is in `clinic.core.encrypted_columns`."""

from clinic.core.encrypted_columns import open_stored_texts, seal_stored_texts

__all__ = ["open_stored_texts", "seal_stored_texts"]
