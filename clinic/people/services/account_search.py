"""Find accounts by names and email addresses, with names in any spelling."""

from uuid import UUID

from django.db.models import Q, QuerySet

from clinic.core.digits import western
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.names import (
    are_alike_across_scripts,
    folded,
    is_nearly,
    name_columns,
    searchable,
)
from clinic.people.services.register_search import (
    across_scripts,
    fits_name,
    is_worth_guessing,
    nearly_named,
)


def find_accounts(*, among: QuerySet[User], text: str) -> QuerySet[User]:
    """Find accounts with every typed word in the name or the email address.

    A patient's name is searched in the register, which has its folded form; the few members of
    staff are compared here. Where no name fits, names that are nearly so are found.
    """
    text = western(text)
    of_patients = fits_name(text, behind="patient__").any
    for_each_word = Q()
    for word in text.split():
        for_each_word &= fits_name(word, behind="patient__").any | Q(email__icontains=word)
    others = among.exclude(role=User.Role.PATIENT).order_by()
    staff = list(others.values_list("pk", "full_name", "email"))
    fitting = [key for key, name, email in staff if _has(name, text) or _fits(text, name, email)]
    found = among.filter(of_patients | for_each_word | Q(pk__in=fitting))
    typed = folded(text)
    if found.exists() or not is_worth_guessing(typed):
        return found
    patients = nearly_named(Patient.objects.filter(user__in=among), text)
    named = Q(patient__in=patients) | Q(pk__in=_nearly_named(staff, typed))
    return among.filter(named | across_scripts(text, behind="patient__"))


def _fits(text: str, name: str, email: str) -> bool:
    return all(word.casefold() in email or _has(name, word) for word in text.split())


def _has(name: str, text: str) -> bool:
    """Return whether a name has what was typed, by the rules of `fits_name`."""
    known, typed = name_columns(name), searchable(text).split()
    if not typed:
        return False
    starts = known["folded_name"] + known["joined_names"]
    return f" {''.join(folded(''.join(typed)))}" in starts or all(
        word in known["search_name"] or " ".join(folded(word)) in known["folded_name"]
        for word in typed
    )


def _nearly_named(staff: list[tuple[UUID, str, str]], typed: list[str]) -> list[UUID]:
    return [
        key
        for key, name, _email in staff
        if all(any(is_nearly(word, known) for known in folded(name)) for word in typed)
        or are_alike_across_scripts(typed, folded(name))
    ]
