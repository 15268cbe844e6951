from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClinicAccountAdapter(DefaultAccountAdapter):
    """How sign-in behaves here: nobody registers alone, accounts come by invitation."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
