"""The allergy bar, which a page cannot draw without data."""

from django import template

from clinic.records.allergy_bar import AllergyBar

register = template.Library()


@register.inclusion_tag("clinic/records/partials/allergy_bar.html", name="allergy_bar")
def draw_allergy_bar(bar: object) -> dict[str, AllergyBar]:
    """Draw the bar; raise an error where there is no data, which would read as “not asked”."""
    if not isinstance(bar, AllergyBar):
        raise TypeError("The allergy bar needs the value of `allergy_bar_of(patient)`.")
    return {"bar": bar}
