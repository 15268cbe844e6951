"""Lists in templates."""

from django import template

from clinic.core.lists import comma, listed, listed_apart

register = template.Library()
register.filter("listed", listed)
register.filter("listed_apart", listed_apart)
register.simple_tag(comma)
