"""Numbers in Dutch and English text, brought to one form so that they can be compared.

Dutch writes 1.250,50 where English writes 1,250.50; both become ``"1250.5"``. Only digits are read;
number words come in where one side may have spelled a number out.
"""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import pairwise
from typing import Literal

Language = Literal["nl", "en"]

# Digits with inner dots, commas, or spaces before groups of three; never ends on a separator.
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_GROUPED_NL = re.compile(r"\d{1,3}(?:\.\d{3})+")
_GROUPED_EN = re.compile(r"\d{1,3}(?:,\d{3})+")

_HALF_DAY = re.compile(r"\d ?p\.?m\b")
# "1430 GMT", "0900 hours".
_FOUR_DIGITS = re.compile(r"(?<![\d.,:])(\d\d)(\d\d)(?![\d.,:]?\d)")
# "1995-96", "2000/1": the century is said once.
_SHORT_RANGE = re.compile(r"(?<!\d)(\d{4})[-–/](\d\d?)(?!\d)")
_DECADE = re.compile(r"(?<!\d)(\d\d)(\d0)['’]?s\b")
_SPELLED = re.compile(r"[a-z]+(?:-[a-z]+)*")
_TIMES = re.compile(r"\b([a-z]+(?:-[a-z]+)?) (hundred|thousand)\b")
# What a number is counted in: "3,4 miljard", "$3.4bn", "a trillion".
_SCALED_NL = re.compile(r"(\d[\d.,]*)[ \u00a0-]?(duizend|miljoen|mln|miljard|mld|biljoen)\b")
_SCALED_EN = re.compile(
    r"(\d[\d.,]*|\ban?)[ \u00a0-]?(k|thousand|m|mn|million|bn|billion|tn|trillion)\b"
)
_SCALES = {
    **dict.fromkeys(("duizend", "thousand", "k"), 3),
    **dict.fromkeys(("miljoen", "mln", "million", "m", "mn"), 6),
    **dict.fromkeys(("miljard", "mld", "billion", "bn"), 9),
    **dict.fromkeys(("biljoen", "trillion", "tn"), 12),
}

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
).split()
_MONTHS = (
    "january february march april may june july august september october november december"
).split()


def _english_words() -> dict[str, str]:
    words = {word: str(value) for value, word in enumerate(_UNITS)}
    words |= {word: str(value) for value, word in enumerate(_ORDINALS) if value}
    # A numeric date may come out with its month's name.
    words |= {word: str(value) for value, word in enumerate(_MONTHS, start=1)}
    for place, ten in enumerate(_TENS, start=2):
        words[ten] = str(10 * place)
        for value in range(1, 10):
            words[f"{ten}-{_UNITS[value]}"] = str(10 * place + value)
    words |= {"once": "1", "twice": "2", "both": "2", "half": "0.5", "dozen": "12"}
    for value, ordinal in enumerate(_ORDINALS[1:10], start=1):
        words |= {f"{ten}-{ordinal}": str(10 * p + value) for p, ten in enumerate(_TENS, start=2)}
    words |= {f"{ten[:-1]}ieth": str(10 * place) for place, ten in enumerate(_TENS, start=2)}
    words |= {f"{ten[:-1]}ies": str(10 * place) for place, ten in enumerate(_TENS, start=2)}
    words |= {"noon": "12", "midnight": "0", "hundred": "100", "thousand": "1000", "decade": "10"}
    return words


_WORDS = _english_words()


def numbers(text: str, *, language: Language) -> list[str]:
    """The numbers written in digits, in order, each in canonical form.

    A clock time keeps its two parts together (``"14:30"``; Dutch also writes 14.30), and a dotted
    date or version yields its parts.

    Returns:
        Strings such as ``"1250.5"``, ``"0.05"``, ``"14:30"``.
    """
    found: list[str] = []
    for match in _NUMBER.finditer(text):
        found.extend(_canonical(match.group(), language=language))
    return found


def missing_numbers(source: str, target: str) -> list[str]:
    """Numbers of a Dutch text that its English translation does not carry.

    A number counts as carried if the English has it in digits, spells it out, gives a clock time
    in another form, shortens a range of years, or counts in thousands more or less ("1.500 miljard"
    and "1.5 trillion").
    """
    wanted = numbers(source, language="nl")
    if not wanted:
        return []
    present = _readings(target)
    lost = [number for number in dict.fromkeys(wanted) if not _carried(number, present)]
    if not lost:
        return []
    given = _absolute(target, language="en")
    given |= {Decimal(number) for number in present if _is_plain(number)}
    meant: dict[str, set[Decimal]] = {}
    for match in _SCALED_NL.finditer(source):
        for part in numbers(match.group(1), language="nl"):
            meant.setdefault(part, set()).update(_absolute(match.group(), language="nl"))
    return [
        number
        for number in lost
        if not _is_plain(number) or not meant.get(number, {Decimal(number)}) & given
    ]


def _readings(english: str) -> set[str]:
    """The numbers that an English text may be said to have, in all forms that we know."""
    lower = english.lower()
    present = set(numbers(english, language="en")) | _spelled_out(lower)
    # "17 uur" becomes "5 p.m.".
    if _HALF_DAY.search(english):
        present |= {str(int(hour) + 12) for hour in present if _is_hour(hour) and int(hour) < 13}
        present |= {
            f"{int(hour) + 12}:{minutes}"
            for hour, colon, minutes in (number.partition(":") for number in set(present))
            if colon and int(hour) < 13
        }
    for hours, minutes in _FOUR_DIGITS.findall(english):
        if int(hours) < 25 and int(minutes) < 60:
            present.add(f"{int(hours)}:{minutes}")
    for first, last in _SHORT_RANGE.findall(english):
        present.add(first[: -len(last)] + last)
    for century, ten in _DECADE.findall(english):
        # "de jaren 30 van de 19e eeuw" becomes "the 1830s".
        present |= {str(int(ten)), str(int(century) + 1)}
    return present


def _spelled_out(lower: str) -> set[str]:
    found = set()
    for compound in _SPELLED.findall(lower):
        # "twenty-five-year-old" has 25, and might as well be said to have 20 and 5.
        parts = compound.split("-")
        pairs = [f"{first}-{second}" for first, second in pairwise(parts)]
        found |= {_WORDS[word] for word in parts + pairs if word in _WORDS}
    for count, power in _TIMES.findall(lower):
        if count in _WORDS and "." not in _WORDS[count]:
            found.add(str(int(_WORDS[count]) * int(_WORDS[power])))
    return found


def unsupported_numbers(summary: str, source: str) -> list[str]:
    """Numbers of an English summary that its English source nowhere has."""
    present = set(numbers(source, language="en")) | _spelled_out(source.lower())
    wanted = numbers(summary, language="en")
    return [number for number in dict.fromkeys(wanted) if number not in present]


def _carried(number: str, present: set[str]) -> bool:
    if number in present:
        return True
    hours, colon, minutes = number.partition(":")
    if not colon:
        if len(number) == 2 and {f"19{number}", f"20{number}"} & present:
            # "de jaren 90" becomes "the 1990s".
            return True
        # "4 uur" becomes "04:00".
        return _is_hour(number) and f"{int(number)}:00" in present
    on_the_clock = {f"{int(hours) % 12 or 12}", f"{int(hours)}"}
    if int(minutes) == 0:
        return bool(on_the_clock & present)
    forms = {f"{hour}:{minutes}" for hour in on_the_clock}
    forms |= {f"{hour}.{minutes}".rstrip("0") for hour in on_the_clock}
    return bool(forms & present)


def _absolute(text: str, *, language: Language) -> set[Decimal]:
    """The amounts in thousands or millions and so on, in ones: "1.5 million" is 1500000."""
    found = set()
    pattern = _SCALED_NL if language == "nl" else _SCALED_EN
    for written, scale in pattern.findall(text.lower()):
        parts = ["1"] if written.startswith("a") else numbers(written, language=language)
        if len(parts) == 1 and _is_plain(parts[0]):
            found.add(Decimal(parts[0]).scaleb(_SCALES[scale]))
    return found


def _is_plain(number: str) -> bool:
    """Whether a number is no clock time, and of a length that is worth calculating with."""
    return ":" not in number and len(number) <= 15


def _canonical(written: str, *, language: Language) -> list[str]:
    if ":" in written:
        hours, _, minutes = written.partition(":")
        if _is_hour(hours) and minutes.isdecimal() and len(minutes) == 2:
            return [f"{int(hours)}:{minutes}"]
        return _parts(written)
    group, decimal = (".", ",") if language == "nl" else (",", ".")
    whole, mark, fraction = written.partition(decimal)
    grouped = _GROUPED_NL if language == "nl" else _GROUPED_EN
    if not fraction.isdecimal() and mark:
        return _parts(written)
    if grouped.fullmatch(whole):
        whole = whole.replace(group, "")
    elif group in whole:
        return _dotted(written) if language == "nl" and not mark else _parts(written)
    return [_plain(f"{whole}.{fraction}" if mark else whole)]


def _dotted(written: str) -> list[str]:
    """A Dutch number with dots that do not group thousands: a time, a version, or a date."""
    whole, _, rest = written.partition(".")
    if "." in rest:
        return _parts(written)
    if _is_hour(whole) and len(rest) == 2 and int(rest) < 60:
        return [f"{int(whole)}:{rest}"]
    # A version, or a decimal point as in English: "4.7".
    return [_plain(written)]


def _parts(written: str) -> list[str]:
    return [_plain(part) for part in re.split(r"[.,:]", written)]


def _is_hour(digits: str) -> bool:
    # Asked of any run of digits: Python refuses to read one of thousands.
    return digits.isdecimal() and len(digits) <= 2 and int(digits) < 25


def _plain(number: str) -> str:
    whole, _, fraction = number.partition(".")
    whole = whole.lstrip("0") or "0"
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole
