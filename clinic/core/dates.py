"""Dates as people type them: in the clinic's order, with names of months, in any digits."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from clinic.core.digits import western
from clinic.core.plain_text import visible_line


class Order(StrEnum):
    """The order in which a clinic writes the parts of a date."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"
    YEAR_FIRST = "ymd"


# How a date in figures is written, and an example for help texts.
SHOWN = {
    Order.DAY_FIRST: "%d/%m/%Y",
    Order.MONTH_FIRST: "%m/%d/%Y",
    Order.YEAR_FIRST: "%Y-%m-%d",
}
# Where the regions that do not write the day first are.
REGION_ORDERS = {"US": Order.MONTH_FIRST} | dict.fromkeys(
    ("CA", "CN", "HU", "JP", "KR", "LT", "MN", "SE", "TW"), Order.YEAR_FIRST
)
# In English, French and the Arabic of the Gulf and Egypt, of the Levant and of the Maghreb.
MONTHS = (
    "january janvier يناير كانون.الثاني جانفي",
    "february février fevrier فبراير شباط فيفري",
    "march mars مارس آذار",
    "april avril أبريل إبريل نيسان أفريل",
    "may mai مايو أيار ماي",
    "june juin يونيو يونيه حزيران جوان",
    "july juillet يوليو يوليه تموز جويلية",
    "august août aout أغسطس غشت آب أوت",
    "september septembre sept سبتمبر شتنبر أيلول",
    "october octobre أكتوبر تشرين.الأول",
    "november novembre نوفمبر نونبر تشرين.الثاني",
    "december décembre decembre ديسمبر دجنبر كانون.الأول",
)
SHORTEST_MONTH = 3
IGNORED = {"the", "of", "le", "la", "de", "du", "في", "من", "عام", "سنة", "شهر", "يوم"}
# Of the common era, as Arabic papers write after the year.
IGNORED |= {"م", "ميلادي", "ميلادية"}
ORDINAL = re.compile(r"^(\d{1,2})(?:st|nd|rd|th|er|re|e)$")
# Papers write 15NOV2011 as well: figures end where letters begin.
_WORD = re.compile(
    r"[^\W\d_]+(?:\.(?:الثاني|الأول|الاول|ثاني|اول|أول))?|\d{1,2}(?:st|nd|rd|th|er|re|e)\b|\d+"
)
_MARCH, _TUESDAY = 3, "mar"  # mardi
# Nobody whom a clinic meets is older.
OLDEST = 105
_YEAR_DIGITS = 4


@dataclass(frozen=True)
class Parts:
    """A year as it was typed, a month and a day."""

    year: str
    month: int
    day: int


def possible_dates(text: str, *, order: Order, today: date, is_birth: bool = False) -> list[date]:
    """Return the days that a text may mean: none if it is no date, several if it is ambiguous."""
    found = {
        day
        for parts in _readings(_words(text), order)
        for year in _years(parts.year, today, is_birth=is_birth)
        if (day := _day(year, parts.month, parts.day))
    }
    return sorted(found)


def shown(day: date, order: Order) -> str:
    """Return a date in figures, as the clinic writes it."""
    pattern = SHOWN[order].replace("%Y", f"{day.year:04d}")
    return day.strftime(pattern)


def _words(text: str) -> list[str]:
    plain = western(visible_line(text)).casefold()
    # The Arabic names of two words are read as one.
    plain = re.sub(r"(تشرين|كانون)\s+", r"\1.", plain)
    words = _WORD.findall(plain)
    return [ORDINAL.sub(r"\1", word) for word in words if word not in IGNORED]


def _readings(words: list[str], order: Order) -> Iterator[Parts]:
    numbers = [word for word in words if word.isdecimal()]
    months = [word for word in words if not word.isdecimal()]
    # A weekday says nothing new, nor does the month in a second language, as on identity cards.
    named = {month for month in map(_month, months) if month}
    if len(named) > 1 and _TUESDAY in months:
        named.discard(_MARCH)
    if len(named) > 1:
        return
    if named:
        yield from _with_name(named.pop(), numbers, order)
    elif not months and len(numbers) == 1:
        yield from _in_one(numbers[0], order)
    elif not months and len(numbers) == 3:
        yield from _in_figures(numbers, order)


def _with_name(month: int, numbers: list[str], order: Order) -> Iterator[Parts]:
    if len(numbers) != 2:
        return
    first, second = numbers
    if len(first) == _YEAR_DIGITS or (order == Order.YEAR_FIRST and len(second) <= 2 < len(first)):
        first, second = second, first
    if len(first) <= 2:
        yield Parts(second, month, int(first))


def _in_one(number: str, order: Order) -> Iterator[Parts]:
    """Read figures without separators, as they are typed on a telephone."""
    if len(number) == 8:
        cuts = {
            Order.DAY_FIRST: (number[4:], number[2:4], number[:2]),
            Order.MONTH_FIRST: (number[4:], number[:2], number[2:4]),
            Order.YEAR_FIRST: (number[:4], number[4:6], number[6:]),
        }
        for each in (order, *Order):
            year, month, day = cuts[each]
            if _day(int(year), int(month), int(day)) and "1800" < year < "2300":
                yield Parts(year, int(month), int(day))
                return
    elif len(number) == 6:
        yield from _in_figures([number[:2], number[2:4], number[4:]], order)


def _in_figures(numbers: list[str], order: Order) -> Iterator[Parts]:
    first, second, third = numbers
    if len(first) == _YEAR_DIGITS:
        yield Parts(first, int(second), int(third))
        return
    if len(first) > 2 or len(second) > 2:
        return
    if len(third) == _YEAR_DIGITS:
        day_first, month_first = (
            Parts(third, int(second), int(first)),
            Parts(third, int(first), int(second)),
        )
        # In the clinic's order, else in the only other one that gives a day.
        usual = {Order.DAY_FIRST: [day_first], Order.MONTH_FIRST: [month_first]}
        chosen = usual.get(order, [day_first, month_first])
        yield from chosen if any(map(_is_day, chosen)) else (day_first, month_first)
    elif len(third) == 2:
        by_order = {
            Order.DAY_FIRST: Parts(third, int(second), int(first)),
            Order.MONTH_FIRST: Parts(third, int(first), int(second)),
            Order.YEAR_FIRST: Parts(first, int(second), int(third)),
        }
        tried = [by_order[each] for each in (order, Order.DAY_FIRST, Order.MONTH_FIRST)]
        yield from [parts for parts in tried if _is_day(parts)][:1]


def _is_day(parts: Parts) -> bool:
    # A leap year, because 29/2 is the day whose year is typed wrong.
    return _day(2000, parts.month, parts.day) is not None


def _years(typed: str, today: date, *, is_birth: bool) -> list[int]:
    """Return the years that a typed one may mean: two figures may mean two centuries."""
    if len(typed) == _YEAR_DIGITS:
        return [int(typed)]
    if len(typed) != 2:
        return []
    century = today.year // 100 * 100
    years = [century - 100 + int(typed), century + int(typed)]
    if is_birth:
        return [year for year in years if today.year - OLDEST <= year <= today.year]
    nearest = min([*years, century + 100 + int(typed)], key=lambda year: abs(year - today.year))
    return [nearest]


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _fold(word: str) -> str:
    parts = unicodedata.normalize("NFKD", word.casefold())
    return "".join(each for each in parts if not unicodedata.combining(each))


_NAMES = [(_fold(name), number) for number, names in enumerate(MONTHS, 1) for name in names.split()]


def _month(word: str) -> int | None:
    """Return the number of the month whose name this is, or begins like nothing else."""
    folded = _fold(word)
    whole = {number for name, number in _NAMES if name == folded}
    if not whole and len(folded) >= SHORTEST_MONTH:
        whole = {number for name, number in _NAMES if name.startswith(folded)}
    return whole.pop() if len(whole) == 1 else None
