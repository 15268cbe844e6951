"""Re-export names for applied migrations; the code is in `clinic.core.encryption`."""

from clinic.core.encryption import TEXT_PREFIX, open_text, seal_text

__all__ = ["TEXT_PREFIX", "open_text", "seal_text"]
