"""Make every page of the suite fail if its template reads a missing variable.

Django reads a missing variable as nothing, and in `{% if %}` as false: on a clinical page, an
answer that nobody gave. Django's own `string_if_invalid` only notices what is printed.
"""

from django.conf import settings
from django.template.base import FilterExpression, Parser, Variable, VariableDoesNotExist

OURS = f"{settings.BASE_DIR / 'templates'}/"
# Rendered through Django's hooks, which leave out what a widget does not have.
NOT_STRICT = ("django/",)
# What a page may leave out: how a part looks, and a refusal that exists only after one.
OPTIONAL = {
    # forms and boxes of every page
    "action_label",
    "action_url",
    "field_is_needed",
    "field_label",
    "icon",
    "messages_id",
    "text",
    # what a refused request adds to its page
    "fact_refusal",
    "message",
    "must_read_again",
    "prescription_refusal",
    "refusal",
    "refused",
    "sign_refusal",
    # how a part differs between places
    "are_facts_open",
    "can_choose",
    "initials_form",
    "is_disease_shown",
    "is_forward",
    "is_move",
    "is_one_day",
    "is_out_of_band",
    "is_past",
    "is_refused",
    "is_request",
    "is_status_shown",
    "is_unchecked",
    "is_upcoming",
    "is_update",
    "move_url",
    # an email to somebody without an account
    "person",
    # allauth's authenticators, by kind
    "authenticators.totp",
    "authenticators.webauthn",
    "token_fail",
}
# Error pages are rendered without a request.
FRAME_ALONE = {
    "clinic_logo",
    "clinic_name",
    "csrf_token",
    "has_patient_search",
    "messages",
    "offered_languages",
    "rail",
    "running_emergencies",
    "user",
    "user.is_authenticated",
}

# `{% if a and b %}` swallows errors, so each name is noted too, and checked when the test ends.
missing: list[str] = []


class MissingInTemplateError(Exception):
    """One of our templates read a missing variable."""


def _report(name, place):
    missing.append(f"{place}: {name}")
    raise MissingInTemplateError(f"{place} reads “{name}”, which is missing.")


class StrictVariable(Variable):
    """A name in one of our templates."""

    __slots__ = ("place",)

    def __init__(self, var, place):
        super().__init__(var)
        self.place = place

    def resolve(self, context):
        try:
            return super().resolve(context)
        except VariableDoesNotExist as error:
            _bit, of = error.params
            # The parent is explicitly None.
            is_known_to_be_none = of is None
            is_frame_alone = not hasattr(context, "request") and self.var in FRAME_ALONE
            if not (is_known_to_be_none or is_frame_alone or self.var in OPTIONAL):
                _report(self.var, self.place)
            raise


class StrictExpression(FilterExpression):
    """A name with its filters, in one of our templates."""

    def __init__(self, token, parser):
        super().__init__(token, parser)
        origin = str(parser.origin.name) if parser.origin else ""
        place = origin.removeprefix(OURS)
        is_ours = origin.startswith(OURS) and not place.startswith(NOT_STRICT)
        if is_ours and self.is_var and self.var.lookups:
            self.var = StrictVariable(self.var.var, place)


def be_strict():
    Parser.compile_filter = lambda parser, token: StrictExpression(token, parser)
