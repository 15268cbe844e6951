"""Who reads and changes what the clinic decides, and who has a day of visits."""

from clinic.people.models.user import User
from clinic.people.permissions import is_admin, is_doctor, is_secretary


def can_read_settings(user: User) -> bool:
    """See what the clinic has decided for itself."""
    return is_admin(user) or is_secretary(user)


def can_manage_settings(user: User) -> bool:
    """Change the clinic's settings and its lists of symptoms and body sites."""
    return is_admin(user)


def can_see_own_day(user: User) -> bool:
    """See the list of one's visits of a day."""
    return is_doctor(user)
