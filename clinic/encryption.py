"""Hand on what applied migrations name here; it is in `clinic.core.encryption` now."""

from clinic.core.encryption import TEXT_PREFIX, open_text, seal_text

__all__ = ["TEXT_PREFIX", "open_text", "seal_text"]
