"""Numbers in Dutch and English text, brought to one form so that they can be compared.

Dutch writes 1.250,50 where English writes 1,250.50; both become ``"1250.5"``. Only digits are read;
number words come in where one side may have spelled a number out.
"""

from __future__ import annotations

import re
from typing import Literal

Language = Literal["nl", "en"]

# Digits with inner dots, commas, or spaces before groups of three; never ends on a separator.
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_GROUPED_NL = re.compile(r"\d{1,3}(?:\.\d{3})+")
_GROUPED_EN = re.compile(r"\d{1,3}(?:,\d{3})+")

_HALF_DAY = re.compile(r"\d ?p\.?m\b")

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
    words |= {"noon": "12", "midnight": "0", "hundred": "100", "thousand": "1000"}
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

    A number counts as carried if the English has it in digits, spells it out, or gives a clock time
    in the 12-hour form.
    """
    wanted = numbers(source, language="nl")
    if not wanted:
        return []
    present = set(numbers(target, language="en"))
    words = re.findall(r"[a-z]+(?:-[a-z]+)?", target.lower())
    present |= {_WORDS[word] for word in words if word in _WORDS}
    # "17 uur" becomes "5 p.m.".
    if _HALF_DAY.search(target):
        present |= {str(int(hour) + 12) for hour in present if _is_hour(hour) and int(hour) < 13}
    return [number for number in dict.fromkeys(wanted) if not _carried(number, present)]


def unsupported_numbers(summary: str, source: str) -> list[str]:
    """Numbers of an English summary that its English source nowhere has."""
    present = set(numbers(source, language="en"))
    words = re.findall(r"[a-z]+(?:-[a-z]+)?", source.lower())
    present |= {_WORDS[word] for word in words if word in _WORDS}
    wanted = numbers(summary, language="en")
    return [number for number in dict.fromkeys(wanted) if number not in present]


def _carried(number: str, present: set[str]) -> bool:
    if number in present:
        return True
    hours, colon, minutes = number.partition(":")
    if not colon:
        # "de jaren 90" becomes "the 1990s".
        return len(number) == 2 and {f"19{number}", f"20{number}"} & present != set()
    on_the_clock = {f"{int(hours) % 12 or 12}", f"{int(hours)}"}
    if int(minutes) == 0:
        return bool(on_the_clock & present)
    forms = {f"{hour}:{minutes}" for hour in on_the_clock}
    forms |= {f"{hour}.{minutes}".rstrip("0") for hour in on_the_clock}
    return bool(forms & present)


def _canonical(written: str, *, language: Language) -> list[str]:
    if ":" in written:
        hours, _, minutes = written.partition(":")
        if _is_hour(hours) and minutes.isdecimal() and len(minutes) == 2:
            return [f"{int(hours)}:{minutes}"]
        return [_plain(part) for part in re.split(r"[.,:]", written)]
    group, decimal = (".", ",") if language == "nl" else (",", ".")
    whole, mark, fraction = written.partition(decimal)
    grouped = _GROUPED_NL if language == "nl" else _GROUPED_EN
    if not fraction.isdecimal() and mark:
        return [_plain(part) for part in re.split(r"[.,]", written)]
    if grouped.fullmatch(whole):
        whole = whole.replace(group, "")
    elif group in whole:
        parts = whole.split(group)
        clock = len(parts) == 2 and not mark and len(parts[1]) == 2 and _is_hour(parts[0])
        if language == "nl" and clock and int(parts[1]) < 60:
            return [f"{int(parts[0])}:{parts[1]}"]
        return [_plain(part) for part in re.split(r"[.,]", written)]
    return [_plain(f"{whole}.{fraction}" if mark else whole)]


def _is_hour(digits: str) -> bool:
    # Asked of any run of digits: Python refuses to read one of thousands.
    return digits.isdecimal() and len(digits) <= 2 and int(digits) < 25


def _plain(number: str) -> str:
    whole, _, fraction = number.partition(".")
    whole = whole.lstrip("0") or "0"
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole
