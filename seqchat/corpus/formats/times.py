"""Dates and clocks in the notations of many languages become seconds."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any, NamedTuple

from seqchat.corpus.formats.day_periods import DAY_PERIODS

_MAX_LENGTH = 100
_MILLISECONDS_FROM, _MICROSECONDS_FROM = 1e11, 1e14
_DAY = 86_400
# The beginnings of the names of months
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan gen ene sty oca янв січ led",
            "feb fév fev lut şub фев лют úno",
            "mar mär mrt maa marz бер мар bře",
            "apr avr abr kwi nis апр кві dub",
            "may mai mei mag maj май мая тра kvě",
            "jun juin giu cze haz июн чер čer",
            "jul juil lug lip tem июл лип črv",
            "aug aoû ago sie ağu авг сер srp",
            "sep set wrz eyl сен вер zář",
            "oct okt out ott paź eki окт жов říj",
            "nov noy kas ноя лис",
            "dec dez déc dic gru ara дек гру pro",
        ),
        1,
    )
    for name in names.split()
}
_MONTH = rf"(?:{'|'.join(sorted(_MONTHS, key=len, reverse=True))})[^\W\d_]*"

# Three numbers with at most a few characters between them, or a month's English name with two
NUMBERS = r"\d{1,4}[^\d:\[\]]{1,8}?\d{1,2}[^\d:\[\]]{1,8}?\d{1,4}"
NAMED = (
    rf"(?:{_MONTH}\.?[ ]\d{{1,2}},?[ ]\d{{4}}|\d{{1,2}}\.?(?:[ ]de)?[ -]{_MONTH}\.?(?:[ ]de)?[ -]\d{{2,4}}|"
    rf"{_MONTH}[ ]{{1,2}}\d{{1,2}}[ ]\d{{1,2}}:\d{{2}}:\d{{2}}[ ](?:[A-Z]{{3,4}}[ ])?\d{{4}})"
)
DATE = rf"(?:(?i:{NAMED})|{NUMBERS})"
CLOCK = (
    r"\d{1,2}(?:[:.٫]|[ ]?[^\W\d]{1,3}\.?[ ]?|[ ]?[^\x00-\x7f\s\d–—](?:[^\x00-\x7f\d–—]{0,12}?[ ])?)\d{2}"
    r"(?:(?:[:.٫]|[ ]?[^\W\d]{1,3}\.?[ ]?|[^\x00-\x7f\s\d])\d{1,2}(?!\d)(?:[.,]\d{1,6}(?!\d))?"
    r"(?:[ ]?[sс秒]\b)?)?"
)

_ANY_DATE = re.compile(DATE)
_ANY_CLOCK = re.compile(CLOCK)
_NAMED_DATE = re.compile(NAMED, re.IGNORECASE)
_CLOCK_WITHIN = re.compile(r"\d{1,2}:\d{2}:\d{2}")
_DIGITS = re.compile(r"\d+")
_MONTH_NAME = re.compile(_MONTH, re.IGNORECASE)
# Marks on letters, which are no letters themselves
_SPACES = re.compile(r"[^\w\s.,،:'’-]+")
_WORDS = re.compile(r"\w+")


class Moment(NamedTuple):
    """The numbers of a date in the order in which they are written (none if there is no date), and the second of the
    day (None if there is no clock)."""

    date: tuple[int, ...]
    second: float | None

    def seconds(self, order: str) -> float | None:
        """Return the time, given the order of ``y``, ``m`` and ``d``; None if there is no such day."""
        day = _day(dict(zip(order, self.date, strict=True))) if len(self.date) == 3 else None
        return None if day is None else day * _DAY + (self.second or 0.0)


def moment(text: str) -> Moment:
    """Return the date and the clock that a text has."""
    text = _plain_digits(text[:_MAX_LENGTH])
    date_found = _ANY_DATE.search(text)
    numbers: tuple[int, ...] = ()
    rest = text
    if date_found:
        numbers = _date_numbers(date_found[0])
        between = _CLOCK_WITHIN.search(date_found[0])
        rest = f"{text[: date_found.start()]} {between[0] if between else ''} {text[date_found.end() :]}"
    clock = _ANY_CLOCK.search(rest)
    return Moment(numbers, _second(clock[0], rest[: clock.start()], rest[clock.end() :]) if clock else None)


def date_order(moments: Iterable[Moment]) -> str:
    """Return the order of year, month and day in which the most of these dates exist and go forwards."""
    dates = [found for found in moments if len(found.date) == 3]
    years_first = sum(found.date[0] > 31 for found in dates) > len(dates) / 2
    orders = ("ymd", "ydm") if years_first else ("dmy", "mdy", "ymd")
    return min(orders, key=lambda order: _disorder(dates, order), default="dmy")


def seconds_of(value: Any, order: str = "") -> float | None:
    """Return the time that a record has, as a number, in ISO 8601, or in words; None if it is none."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).timestamp()
    if isinstance(value, str):
        text = value.strip()[:_MAX_LENGTH]
        try:
            return seconds_of(float(text))
        except ValueError:
            return _written(text, order)
    if isinstance(value, int | float) and -1e300 < value < 1e300:
        scale = 1e6 if abs(value) > _MICROSECONDS_FROM else 1e3 if abs(value) > _MILLISECONDS_FROM else 1
        seconds = value / scale
        return seconds if math.isfinite(seconds) and 0 <= seconds < _MILLISECONDS_FROM else None
    return None


def _written(text: str, order: str) -> float | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        found = moment(text)
    return found.seconds(order or date_order([found])) if found.date else None


def _plain_digits(text: str) -> str:
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(c)) if not c.isascii() and c.isdecimal() else c for c in text)


def _date_numbers(text: str) -> tuple[int, ...]:
    numbers = [int(number) for number in _DIGITS.findall(text)]
    if not _NAMED_DATE.fullmatch(text):
        return tuple(numbers)
    day, *_, year = numbers
    month = _month(text)
    # As a date that can only be read in one way
    return (_full_year(year), month, day)


def _month(text: str) -> int:
    name = _MONTH_NAME.search(text)
    letters = name[0].lower() if name else ""
    return next(_MONTHS[letters[:length]] for length in (4, 3) if letters[:length] in _MONTHS)


def _second(clock: str, before: str, after: str) -> float:
    """Return the second of the day of a clock, given the words around it."""
    hour, minute, *rest = (int(number) for number in _DIGITS.findall(clock)[:3])
    half = _half(before) or _half(after)
    if half == "pm" and hour < 12:
        hour += 12
    elif half == "am" and hour == 12:
        hour = 0
    elif half == "night":
        hour = hour + 12 if 6 <= hour < 12 else 0 if hour == 12 else hour
    return hour * 3600 + minute * 60 + (rest[0] if rest else 0)


def _half(text: str) -> str:
    words = _WORDS.findall(_SPACES.sub("", text.lower()))
    if not words:
        return ""
    alone = (DAY_PERIODS.get(word, "") for word in words if len(word) > 1)
    joined = DAY_PERIODS.get("".join(words)) or DAY_PERIODS.get("".join(words[:2]))
    return joined or next(filter(None, alone), "")


def _full_year(year: int) -> int:
    return year + 2000 if year < 80 else year + 1900 if year < 100 else year


def _day(numbers: dict[str, int]) -> int | None:
    """Return the number of a day; Buddhist and Persian years become those of the common era."""
    year, month, day = _full_year(numbers["y"]), numbers["m"], numbers["d"]
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        return None
    if 1300 <= year < 1500:  # the solar calendar of Iran, whose first six months have 31 days
        return int((year + 621) * 365.2422) + 79 + (month - 1) * 31 - max(month - 7, 0) + day
    year = year - 543 if 2400 < year < 2700 else year
    try:
        return date(year, month, day).toordinal() - 719_163
    except ValueError:
        return None


def _disorder(dates: Sequence[Moment], order: str) -> tuple[int, int, float]:
    """Return how many dates do not exist in an order, how often they go back, and how many days they jump."""
    days = [found.seconds(order) for found in dates]
    known = [day for day in days if day is not None]
    steps = [after - before for before, after in pairwise(known)]
    back = sum(step < -_DAY for step in steps)
    forwards = min(back, sum(step > _DAY for step in steps)) if back * 2 > len(steps) else back
    return days.count(None), forwards, sum(map(abs, steps))
