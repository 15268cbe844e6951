"""What the drug table could not check, so that a doctor has to before signing.

The table reads the lines, the current drugs and doses, the allergies and reactions, and the names
of conditions. It does not read the notes of a visit, documents or the history of a photograph.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from clinic.core.lists import listed
from clinic.records.drugs.rows import ReadAllergy, ReadDrugs, Written
from clinic.records.models.facts import Allergy, CurrentDrug
from clinic.records.models.prescription import WarningOverride
from clinic.records.services.visit_guard import fingerprint

Kind = WarningOverride.Kind
# The kind, the text that was not read, and the words for the doctor.
Found = tuple[str, str, str]


@dataclass(frozen=True)
class DrugWarning:
    """A warning about a prescription, or something that could not be checked."""

    kind: WarningOverride.Kind
    words: str
    key: str


@dataclass(frozen=True)
class Mentioned:
    """A drug in a text meant for something else: its kind, the text and the words."""

    what: str
    text: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """Which questions that matter for a prescription have been asked."""

    allergies: bool
    current_drugs: bool
    pregnancy: bool


def checks_by_hand(
    lines: Sequence[tuple[Written, ReadDrugs]],
    taken: Sequence[tuple[CurrentDrug, ReadDrugs]],
    allergies: Sequence[tuple[Allergy, ReadAllergy]],
    mentioned: Sequence[Mentioned],
    asked: Asked,
    has_pregnancy_rule: bool,
) -> list[DrugWarning]:
    """Return what was not read and what was not asked, if anything is prescribed.

    A check by hand is valid for all the lines and facts that it covered: if one of them changes,
    it has to be made again.
    """
    if not lines:
        return []
    whole = fingerprint(
        [
            sorted([line.drug, line.form, line.route] for line, _read in lines),
            sorted([each.drug, each.dose] for each, _read in taken),
            sorted([each.substance] for each, _read in allergies),
        ]
    )
    found = [
        *((Kind.NOT_CHECKED, *each) for each in _in_lines(lines)),
        *((Kind.NOT_CHECKED, *each) for each in _in_current_drugs(taken)),
        *((Kind.NOT_CHECKED, *each) for each in _in_allergies(allergies)),
        *((Kind.NOT_CHECKED, *each) for each in _in_other_texts(mentioned)),
        *((Kind.NOT_ASKED, *each) for each in _never_asked(asked, has_pregnancy_rule)),
    ]
    return [
        DrugWarning(kind, words, fingerprint([kind, whole, what, text]))
        for kind, what, text, words in found
    ]


def _in_lines(lines: Iterable[tuple[Written, ReadDrugs]]) -> Iterable[Found]:
    for line, read in lines:
        values = {"text": line.drug}
        if not read.is_named:
            words = _("Not checked: “%(text)s” on the prescription.") % values
            yield "line", line.drug, words + _unread(read, line.drug)
        elif not read.is_site_read:
            words = _(
                "Not checked: form and route of “%(text)s”. It counts as reaching the whole body."
            )
            yield "line site", line.drug, words % values
        for hint in read.hints:
            words = _("Not checked: “%(word)s” next to “%(text)s” on the prescription.")
            yield "line word", f"{line.drug}: {hint}", words % (values | {"word": hint})


def _in_current_drugs(taken: Iterable[tuple[CurrentDrug, ReadDrugs]]) -> Iterable[Found]:
    for current, read in taken:
        values = {"text": current}
        if not read.is_named:
            words = _("Not checked: “%(text)s”, which the patient takes.") % values
            yield "current", current.drug, words + _unread(read, current.drug)
        elif not read.is_site_read:
            words = _(
                "Not checked: form and route of “%(text)s”, which the patient takes. "
                "It counts as reaching the whole body."
            )
            yield "current site", current.drug, words % values
        for hint in read.hints:
            words = _("Not checked: “%(word)s” next to “%(text)s”, which the patient takes.")
            yield "current word", f"{current}: {hint}", words % {"text": current.drug, "word": hint}


def _in_allergies(allergies: Iterable[tuple[Allergy, ReadAllergy]]) -> Iterable[Found]:
    for allergy, read in allergies:
        if not read.is_whole:
            words = _("Not checked: the allergy “%(text)s”.") % {"text": allergy}
            yield "allergy", allergy.substance, words + _guess(read.guess)
        elif read.is_in_drugs:
            words = _("Not checked against the drugs: the allergy “%(text)s”.")
            yield "allergy in drugs", allergy.substance, words % {"text": allergy}


def _in_other_texts(mentioned: Iterable[Mentioned]) -> Iterable[Found]:
    words = {
        "reaction": _("Not checked: “%(word)s” in the reaction to “%(text)s”."),
        "condition": _("Not checked: “%(word)s” in the condition “%(text)s”."),
    }
    for each in mentioned:
        for word in each.words:
            said = words[each.what] % {"text": each.text, "word": word}
            yield each.what, f"{each.text}: {word}", said


def _never_asked(asked: Asked, has_pregnancy_rule: bool) -> Iterable[Found]:
    if not asked.allergies:
        yield "allergies", "", _("Nobody has asked about allergies.")
    if not asked.current_drugs:
        yield "current drugs", "", _("Nobody has asked which drugs the patient takes.")
    if has_pregnancy_rule and not asked.pregnancy:
        yield "pregnancy", "", _("Nobody has asked about pregnancy.")


def _unread(read: ReadDrugs, text: str) -> str:
    """Return which words were not read, unless it is the whole text."""
    if list(read.unread) == [text]:
        return _guess(read.guess)
    return " " + _("Not read: %(words)s.") % {"words": listed(read.unread)} + _guess(read.guess)


def _guess(guess: str) -> str:
    return " " + _("Did you mean %(name)s?") % {"name": guess} if guess else ""
