"""Messages to people in their language, never with medical content."""

import logging
from collections.abc import Mapping, Sequence
from email.utils import formataddr, parseaddr
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import EmailAttachment, EmailMultiAlternatives, get_connection
from django.template import Context, Engine
from django.template.loader import render_to_string
from django.utils import translation

from clinic.core.models.clinic_settings import ClinicSettings
from clinic.core.phones import EXTENSION
from clinic.core.plain_text import one_line, without_controls
from clinic.core.sms import send_sms

if TYPE_CHECKING:
    from clinic.people.models.user import User

logger = logging.getLogger(__name__)

# If the mail server does not answer, the person waits this long and no longer.
MAIL_TIMEOUT_S = 10


def send_mail_to(user: "User", name: str, context: Mapping[str, object]) -> bool:
    """Send a person an email from `templates/emails`, and return whether it went out."""
    return send_mail(
        name, to=user.email, language=user.language, context={**context, "person": user}
    )


def send_mail(
    name: str,
    *,
    to: str,
    language: str,
    context: Mapping[str, object],
    attachments: Sequence[EmailAttachment] = (),
) -> bool:
    """Send an email from `templates/emails` to an address, and return whether it went out."""
    message = _compose(name, to=to, language=language, context=context)
    for attachment in attachments:
        message.attach(*attachment)
    try:
        message.send()
    except OSError as error:
        # The error's text may contain the address.
        logger.warning("The email “%s” could not be sent: %s", name, type(error).__name__)
        return False
    return True


def send_text(name: str, *, to: str, language: str, context: Mapping[str, object]) -> bool:
    """Send a text message from `templates/sms` to a number, and return whether it went out."""
    with translation.override(language):
        text = _plain(f"sms/{name}.txt", _values(context))
    try:
        # A text message reaches the line, not an extension.
        send_sms(to=to.split(EXTENSION)[0], text=one_line(text))
    except OSError as error:
        # The error's text may contain the number.
        logger.warning("The text “%s” could not be sent: %s", name, type(error).__name__)
        return False
    return True


def _compose(
    name: str, *, to: str, language: str, context: Mapping[str, object]
) -> EmailMultiAlternatives:
    with translation.override(language):
        values = _values(context)
        message = EmailMultiAlternatives(
            subject=one_line(_plain(f"emails/{name}_subject.txt", values)),
            body=without_controls(_plain(f"emails/{name}.txt", values)).strip() + "\n",
            from_email=_sender(),
            to=[to],
            connection=get_connection(timeout=MAIL_TIMEOUT_S),
        )
        html = render_to_string(f"emails/{name}.html", values)
    message.attach_alternative(html, "text/html")
    return message


def _plain(template: str, values: Mapping[str, object]) -> str:
    """Render a text that is no HTML, so nothing in it is escaped."""
    context = Context(dict(values), autoescape=False)
    return Engine.get_default().get_template(template).render(context)


def _sender() -> str:
    """Return the clinic's own name with the address that the site may send from."""
    _name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return formataddr((one_line(ClinicSettings.objects.current().name), address))


def _values(context: Mapping[str, object]) -> dict[str, object]:
    clinic = ClinicSettings.objects.current()
    return {
        "clinic_name": clinic.name,
        "clinic_phone": clinic.phone_in_words,
        "clinic_address": clinic.address,
        **context,
    }
