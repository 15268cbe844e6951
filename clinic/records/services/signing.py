"""What a doctor should know before signing; an upper room says what its photographs show."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clinic.core.lists import listed
from clinic.people.names import folded
from clinic.records.models.consultation import Consultation
from clinic.records.services.visit_guard import fingerprint


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What is known of one photographed lesion, or a diagnosis without a photograph, in words."""

    lesion: str
    diagnosis: str
    state: str
    # The disease alone, as a line of the prescription names it.
    name: str = ""
    share: str = ""
    # When the patient reads the diagnosis.
    release: str = ""
    is_decided: bool = True
    # The disease in every language, the page's first.
    names: Sequence[str] = ()
    # Whether the patient should not read the diagnosis yet.
    is_held: bool = False


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What the photographs of a visit say to whoever signs it."""

    # The lesions whose warning nobody has reviewed, by a key of the warning.
    alarms: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    diagnoses: Sequence[Finding] = ()
    # The lesions for which a colleague waits for a letter.
    referred: Sequence[str] = ()
    # Every name that a diagnosis of the visit ever had, also of those changed or withdrawn.
    names_ever: frozenset[str] = frozenset()

    @property
    def seen(self) -> str:
        """Return a mark of the warnings, to tell later whether others have come."""
        return fingerprint(sorted(self.alarms)) if self.alarms else ""


class AlarmsChangedError(ValidationError):
    """A warning has come since the doctor read what is signed."""

    def __init__(self) -> None:
        super().__init__(
            _("A warning about a photograph has come since you opened this. Read it, then sign.")
        )


Reader = Callable[[Consultation], Findings]
# The room of the photographs registers this when the app is ready.
_readers: list[Reader] = []


def tell_findings(read: Reader) -> None:
    """Register how a room reads what its part of a visit says to whoever signs it."""
    _readers[:] = [read]


def findings_of(consultation: Consultation) -> Findings:
    """Return what the photographs of a visit say now."""
    return _readers[0](consultation) if _readers else Findings()


def told_too_early(text: str, findings: Findings) -> list[str]:
    """Return the diagnoses that a text names although the patient should not read them yet."""
    said = _plain(text)
    named = (
        names[0]
        for names in (each.names for each in findings.diagnoses if each.is_held)
        if any(plain in said for plain in map(_plain, names) if plain)
    )
    return list(dict.fromkeys(named))


def outdated(texts: Iterable[str], findings: Findings) -> set[str]:
    """Return the texts that are names of a diagnosis which has been changed or withdrawn."""
    standing = {_plain(name) for each in findings.diagnoses for name in each.names}
    former = {_plain(name) for name in findings.names_ever} - standing
    return {text for text in texts if _plain(text) in former}


def refuse_telling_early(consultation: Consultation, findings: Findings, *, reason: str) -> int:
    """Refuse a conclusion that names what waits, without a reason; return how many it names."""
    named = told_too_early(consultation.conclusion, findings)
    if named and not reason:
        sentence = _("Say why the patient may read it, or go back and change or release it.")
        raise ValidationError({"early_reason": sentence}, code="early")
    return len(named)


def refuse_telling_early_afterwards(consultation: Consultation, text: str) -> None:
    """Refuse an addendum, which the patient reads at once, if it names what waits."""
    named = told_too_early(text, findings_of(consultation))
    if named:
        sentence = _(
            "The patient would read “%(names)s” at once, but this diagnosis is not released. "
            "Release it first, or write this without its name."
        )
        raise ValidationError(sentence, code="early", params={"names": listed(named)})


def _plain(text: str) -> str:
    """Return a text as names are compared, with a space before each word."""
    return f" {' '.join(folded(text))} ".rstrip()


def refuse_unread_alarms(findings: Findings, *, reason: str, seen: str | None) -> int:
    """Refuse to sign over warnings that were not seen or not explained; return how many."""
    if not findings.alarms:
        return 0
    if seen is not None and seen != findings.seen:
        raise AlarmsChangedError
    if not reason:
        sentence = _("Say in a few words why you sign before the warning is reviewed.")
        raise ValidationError({"unreviewed_reason": sentence}, code="unreviewed")
    return len(findings.alarms)
