"""Hand on what applied migrations name here; it is in `clinic.core.encrypted_fields` now."""

from clinic.core.encrypted_fields import EncryptedCharField, EncryptedJSONField, EncryptedTextField

__all__ = ["EncryptedCharField", "EncryptedJSONField", "EncryptedTextField"]
