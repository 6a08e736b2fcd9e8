"""Dutch-English sentence pairs for the translator: read, filter, group."""

from __future__ import annotations

import lzma
import re
from collections.abc import Iterator
from pathlib import Path

# Technical sources whose sentences read like prose; the rest of tier B is menus and messages.
_PROSE = frozenset(
    "d365ops_HT smb_unk intune_HT nav_HT debian_docs debian_faq internetnl_main "
    "course_azd course_Security-101 course_IoT-For-Beginners course_edgeai-for-beginners".split()
)
_DIGITS = re.compile(r"\d+")
# Marks of software strings: placeholders, code, paths, menus, shortcuts.
_MARKUP = re.compile(
    r"[{}<>=|\\_#*`~^%@\[\]]|https?:|\$\(|->|::|\.\w+\(|[\U0001f000-\U0001ffff✅❌]"
)
_AMOUNT = re.compile(r"(?<=\d)(bn|m|tn)\b")
_UNITS = {"bn": " billion", "m": " million", "tn": " trillion"}


def digits_agree(dutch: str, english: str) -> bool:
    """Tell whether both sides have the same digits, whatever their order and punctuation."""
    return sorted("".join(_DIGITS.findall(dutch))) == sorted("".join(_DIGITS.findall(english)))


def lengths_agree(dutch: str, english: str, *, most: float = 1.8) -> bool:
    """Tell whether neither side is `most` times longer, in characters, than the other."""
    # Twelve characters of grace: "Ja." is "Yes, it is."
    ratio = (len(dutch) + 12) / (len(english) + 12)
    return 1 / most <= ratio <= most


def spell_amounts(english: str) -> str:
    """Write the BBC's "$1.6bn" as "$1.6 billion", the one form the translator should learn."""

    # "800m" is a race, "£800m" a sum: only a currency before the figure makes it millions.
    def spell(match: re.Match[str]) -> str:
        start = english.rfind(" ", 0, match.start()) + 1
        if match[1] == "m" and not re.search(r"[$£€]", english[start : match.start()]):
            return match[0]
        return _UNITS[match[1]]

    return _AMOUNT.sub(spell, english)


def _group(source: str, tier: str) -> str | None:
    """Name the group of a source of `train.tsv`; None leaves it out."""
    if source in ("tatoeba", "sick_nl", "stsb_deepl", "freedict", "iso_names"):
        return source
    if tier == "A":
        return "general"
    if tier == "B" and source in _PROSE:
        return "technical"
    return None


def _keep(dutch: str, english: str, group: str) -> bool:
    if not digits_agree(dutch, english) or not lengths_agree(dutch, english):
        return False
    if group == "stsb_deepl":
        # Half of it is lower-cased, which the translator must not learn.
        return dutch[:1].isupper() and english[:1].isupper()
    if group in ("general", "technical") and (_MARKUP.search(dutch) or _MARKUP.search(english)):
        return False
    if group == "technical":
        # Whole sentences of eight words or more; shorter ones name buttons.
        return len(dutch.split()) >= 8 and dutch[-1] in ".?!" and english[-1] in ".?!"
    if group in ("freedict", "iso_names"):
        # Inverted forms ("Balochi, Eastern") and run-together words are no translations.
        return "," not in english and len(english) <= 3 * len(dutch)
    return len(dutch) <= 600


def read_pairs(data: Path) -> Iterator[tuple[str, str, str]]:
    """Yield (Dutch, English, group) in the order of the files; neighbours in `news` stay so."""
    for line in (data / "nl-en" / "news.tsv").open(encoding="utf-8"):
        dutch, english, origin = line.rstrip("\n").split("\t")
        if lengths_agree(dutch, english, most=2.2):
            yield dutch, spell_amounts(english), f"news:{origin}"
    with lzma.open(data / "nl-en" / "train.tsv.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            dutch, english, source, tier = line.rstrip("\n").split("\t")
            group = _group(source, tier)
            if group and _keep(dutch, english, group):
                yield dutch, english, group
