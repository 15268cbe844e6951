"""The forms that take the code of a second factor."""

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm

from clinic.people.used_codes import use_code


class _TakenOnce:
    """Refuses a code that was taken before, for as long as the clock would take it again."""

    user: Any

    def clean_code(self) -> str:
        """Return the code if it is right and was not used."""
        code: str = super().clean_code()  # type: ignore[misc]
        if not use_code(self.user, code):
            raise get_adapter().validation_error("incorrect_code")
        return code


class OnceAuthenticateForm(_TakenOnce, AuthenticateForm):  # type: ignore[misc]
    """The code at sign-in."""


class OnceReauthenticateForm(_TakenOnce, ReauthenticateForm):  # type: ignore[misc]
    """The code before something that needs a fresh proof."""
