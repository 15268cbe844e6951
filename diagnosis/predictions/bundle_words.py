"""Sentences of the bundle that comes with the site, to show them in the language of the page."""

from django.utils.translation import gettext_lazy as _

BUNDLE_WORDS = (
    _(
        "ham10000, split by lesion; temperature and thresholds were fitted on the validation "
        "split, so the calibration error measured there is a little too good"
    ),
    _(
        "The weights derive from photographs under CC BY-NC 4.0 (HAM10000): "
        "non-commercial use only."
    ),
)
