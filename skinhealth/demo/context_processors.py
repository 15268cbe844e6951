"""What the door of a demo knows; the image has no such door."""

from django.conf import settings
from django.http import HttpRequest

from skinhealth.demo.sign_in import DEMO_PASSWORD, DEMO_PEOPLE


def demo(request: HttpRequest) -> dict[str, object]:
    """Name the people whom the sign-in page of a demo offers to be."""
    if not settings.IS_DEMO:
        return {}
    return {"demo_people": DEMO_PEOPLE, "demo_password": DEMO_PASSWORD}
