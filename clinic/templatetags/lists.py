"""Lists in templates."""

from django import template

from clinic.core.lists import listed

register = template.Library()
register.filter("listed", listed)
