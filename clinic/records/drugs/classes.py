"""Drugs for which only the class was written, such as “AVK” or “a statin”.

Which drug of the class is taken is unknown, so there is a warning for what any of them does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from clinic.records.drugs.rows import Drug, Term, Wording


@dataclass(frozen=True)
class DrugOfClass(Drug):
    """An unspecified drug of a class, with the terms that every drug of the class has."""

    shared: frozenset[str]

    @property
    def contents(self) -> frozenset[str]:
        """Nothing: no ingredient is certain."""
        return frozenset()

    @property
    def certain_terms(self) -> frozenset[str]:
        """The class, and the terms that all its drugs have."""
        return self.shared


def drugs_of_classes(terms: Iterable[Term], drugs: Sequence[Drug]) -> tuple[DrugOfClass, ...]:
    """Return a row for each class used as a drug's name, for the whole body and for the skin."""
    rows = []
    for term in terms:
        members = [drug for drug in drugs if term.is_taken and term.terms & drug.terms]
        # An inhaled drug says nothing about the tablets of its class.
        systemic = [drug for drug in members if drug.adds_up]
        local = [drug for drug in members if not drug.is_systemic]
        rows += [
            _row(term, some, route)
            for some, route in ((systemic, "by mouth"), (local, "on the skin"))
            if some
        ]
    return tuple(rows)


def _row(term: Term, members: Sequence[Drug], route: str) -> DrugOfClass:
    harmful = [drug for drug in members if drug.pregnancy]
    groups = {each for drug in members for each in (*drug.ingredients, *drug.groups)}
    return DrugOfClass(
        name=term.name,
        label=_capitalised(term.label),
        also=term.also,
        ingredients=(term.name,),
        classes=tuple(sorted({each for drug in members for each in drug.classes})),
        groups=(term.name, *sorted(groups)),
        form="",
        strength="",
        route=route,
        dose="",
        pregnancy=harmful[0].pregnancy if harmful else None,
        is_harm_once_known=all(drug.is_harm_once_known for drug in harmful),
        is_only_local=False,
        source="the rows of its drugs",
        shared=frozenset({term.name}).union(
            frozenset.intersection(*(drug.terms for drug in members))
        ),
    )


def _capitalised(label: Wording) -> Wording:
    return Wording(
        en=label.en[:1].upper() + label.en[1:], fr=label.fr[:1].upper() + label.fr[1:], ar=label.ar
    )
