"""Find words in free text that may be drugs that the table does not know.

A word counts if it resembles a name in the table, ends like the name of a drug, or comes after a
plus or before an amount. Any other unknown name goes unnoticed: a brand without an amount looks
like any other word, and a list of all of them would hide the few that matter.
"""

import re
from collections.abc import Iterable

from clinic.records.drugs.reading import Lexicon
from clinic.records.drugs.words import fold, key_of

# Shorter words resemble too many others.
SHORTEST_HINT = 5
SHORTEST_BEFORE_AMOUNT = 4
SHORTEST_WITH_ENDING = 7
# The stems that the WHO uses in drug names.
ENDING = re.compile(
    r"(?:mab|tinib|citinib|azole?|cilline?|mycine?|cyclines?|oxacine?|olol|pril|sartan|statine?"
    r"|prazole?|xaban|gliptine?|gliflozine?|(?:clo|na|bu|te)vir|profene?|coxib|tidine?|dipine?"
    r"|setrone?|triptane?|azepam|barbital|parine?|solone?|thiazide|semide|fibrate|glutide|lukast"
    r"|limus|tretinoine?|caine|ماب|تينيب|ازول|سيلين|ميسين|سيكلين|ستاتين|سارتان|فلوكساسين)$"
)
AMOUNT = r"[\s:]*\d+(?:[.,]\d+)?\s*(?:mg|mcg|µg|μg|ug|g|gr|ui|iu|مغ|ملغ|مجم|غ|غرام)\b"


def hints_in(texts: Iterable[str], lexicon: Lexicon, no_drugs: Iterable[str]) -> tuple[str, ...]:
    """Return the unread words of texts that may be drugs."""
    harmless = {key_of(fold(word)) for word in no_drugs}
    found = {
        word: None
        for text in texts
        for word in lexicon.read(text).unread
        if key_of(word) not in harmless and _may_be_drug(word, fold(text), lexicon)
    }
    return tuple(found)


def _may_be_drug(word: str, text: str, lexicon: Lexicon) -> bool:
    """Return whether an unread word may be the name of a drug."""
    size, known = len(word), re.escape(word)
    if size >= SHORTEST_BEFORE_AMOUNT and re.search(rf"\+\s*{known}\b|\b{known}{AMOUNT}", text):
        return True
    if size >= SHORTEST_WITH_ENDING and ENDING.search(word):
        return True
    return size >= SHORTEST_HINT and bool(lexicon.guess([word]))
