"""Helpers for emails: find a link in one, and let the mail server refuse them."""

import re
import smtplib

from django.core.mail.backends.base import BaseEmailBackend

DEAD_MAIL_SERVER = "tests.mailbox.DeadMailServer"


class DeadMailServer(BaseEmailBackend):
    """A mail server that is down, and whose error repeats the address."""

    def send_messages(self, email_messages):
        raise smtplib.SMTPServerDisconnected(f"no answer for {email_messages[0].to}")


def link_in(mail):
    """Return the one link in an email, as a path of the site; text and HTML agree on it."""
    (link,) = re.findall(r"https?://testserver(\S+)", mail.body)
    html, _ = mail.alternatives[0]
    assert f'href="http://testserver{link}"' in html
    return link


def choose_password(browser, link, password):
    """Open a link from an email and send the form behind it."""
    page = browser.get(link, follow=True)
    return browser.post(page.request["PATH_INFO"], {"password1": password, "password2": password})
