"""Who reads and changes the clinic's settings, and who has a day of visits."""

from clinic.people.models.user import User
from clinic.people.permissions import is_admin, is_doctor, is_secretary


def can_read_settings(user: User) -> bool:
    """Return whether the person may see the clinic's settings."""
    return is_admin(user) or is_secretary(user)


def can_manage_settings(user: User) -> bool:
    """Return whether the person may change the settings and lists of symptoms and body sites."""
    return is_admin(user)


def can_see_own_day(user: User) -> bool:
    """Return whether the person has a list of their own visits of the day."""
    return is_doctor(user)
