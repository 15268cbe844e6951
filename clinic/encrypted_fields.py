"""Re-export names for applied migrations; the code is in `clinic.core.encrypted_fields`."""

from clinic.core.encrypted_fields import EncryptedCharField, EncryptedJSONField, EncryptedTextField

__all__ = ["EncryptedCharField", "EncryptedJSONField", "EncryptedTextField"]
