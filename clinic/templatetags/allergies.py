"""The bar of allergies, which a page cannot draw without knowing them."""

from django import template

from clinic.records.allergy_bar import AllergyBar

register = template.Library()


@register.inclusion_tag("clinic/records/partials/allergy_bar.html", name="allergy_bar")
def draw_allergy_bar(bar: object) -> dict[str, AllergyBar]:
    """Draw the bar; refuse to where the page was given none, which would read as “not asked”."""
    if not isinstance(bar, AllergyBar):
        raise TypeError("The bar of allergies needs what `allergy_bar_of(patient)` returns.")
    return {"bar": bar}
