"""Re-export the classes that an installation may name in `SMS_BACKEND`."""

from clinic.core.sms import ConsoleSms, SmsBackend

__all__ = ["ConsoleSms", "SmsBackend"]
