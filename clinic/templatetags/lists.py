"""Lists in templates."""

from django import template

from clinic.core.lists import comma, listed

register = template.Library()
register.filter("listed", listed)
register.simple_tag(comma)
