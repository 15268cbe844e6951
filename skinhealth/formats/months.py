"""Short names of months as Django asks for them, to translate them better than Django does."""

from django.utils.translation import gettext_lazy as _

SHORT_MONTHS = (
    *(_("jan"), _("feb"), _("mar"), _("apr"), _("may"), _("jun")),
    *(_("jul"), _("aug"), _("sep"), _("oct"), _("nov"), _("dec")),
)
