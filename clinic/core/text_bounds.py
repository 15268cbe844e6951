"""Limits on texts: a few pages of paper, in words that fit on a line."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

LONGEST_TEXT = 10_000
# The longest words that people paste on purpose are addresses and codes; a line holds 80.
LONGEST_WORD = 200

# Thai, Chinese and some others put no spaces between words, so their letters do not count.
_WITHOUT_SPACES = (
    "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1b7f\u2e80-\ua4cf"
    "\ua980-\ua9ff\uaa60-\uaadf\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff"
)
_ENDLESS = re.compile(rf"[^\s{_WITHOUT_SPACES}]{{{LONGEST_WORD + 1},}}")


def refuse_long_text(text: str) -> None:
    """Reject a text that is too long, and say by how much."""
    over = len(text) - LONGEST_TEXT
    if over > 0:
        raise ValidationError(
            ngettext(
                "Too long by %(over)d character: at most %(limit)d fit here.",
                "Too long by %(over)d characters: at most %(limit)d fit here.",
                over,
            ),
            params={"over": over, "limit": LONGEST_TEXT},
            code="max_length",
        )


def refuse_endless_words(text: str) -> None:
    """Reject a text with a word that does not fit on a line."""
    if _ENDLESS.search(text):
        raise ValidationError(
            _("One word has more than %(limit)d characters. Add spaces to it."),
            params={"limit": LONGEST_WORD},
            code="endless_word",
        )
