"""What tests do with mails: find the link in one, and let the server refuse them."""

import re
import smtplib

from django.core.mail.backends.base import BaseEmailBackend

DEAD_MAIL_SERVER = "tests.mailbox.DeadMailServer"


class DeadMailServer(BaseEmailBackend):
    """A mail server that is down, and whose error repeats the address."""

    def send_messages(self, email_messages):
        raise smtplib.SMTPServerDisconnected(f"no answer for {email_messages[0].to}")


def link_in(mail):
    """The one link of a mail, as a path of the site; text and HTML agree on it."""
    (link,) = re.findall(r"https?://testserver(\S+)", mail.body)
    html, _ = mail.alternatives[0]
    assert f'href="http://testserver{link}"' in html
    return link


def choose_password(browser, link, password):
    """Opens a link of a mail and sends the form behind it."""
    page = browser.get(link, follow=True)
    return browser.post(page.request["PATH_INFO"], {"password1": password, "password2": password})
