"""What the sign-in page of a demo knows; the image has no demo."""

from django.conf import settings
from django.http import HttpRequest

from skinhealth.demo.sign_in import DEMO_PASSWORD, DEMO_PEOPLE


def demo(request: HttpRequest) -> dict[str, object]:
    """Return the people who can be chosen on the sign-in page of a demo."""
    if not settings.IS_DEMO:
        return {}
    return {"demo_people": DEMO_PEOPLE, "demo_password": DEMO_PASSWORD}
