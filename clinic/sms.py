"""Hand on the classes that `SMS_BACKEND` of an installation may name here."""

from clinic.core.sms import ConsoleSms, SmsBackend

__all__ = ["ConsoleSms", "SmsBackend"]
