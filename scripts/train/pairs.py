"""Dutch-English sentence pairs for the translator: read, filter, group.

Each pair that is left out is counted under the reason for it, so that `prepare` can show what the
filters cost.
"""

from __future__ import annotations

import lzma
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from .alignment import alignment_scores

# Technical sources whose sentences read like prose; the rest of tier B is menus and messages.
_PROSE = frozenset(
    "d365ops_HT smb_unk intune_HT nav_HT debian_docs debian_faq internetnl_main "
    "course_azd course_Security-101 course_IoT-For-Beginners course_edgeai-for-beginners".split()
)
_HAND_MADE = frozenset("tatoeba sick_nl stsb_deepl freedict iso_names".split())
_DIGITS = re.compile(r"\d+")
# Marks of software strings: placeholders, code, paths, menus, shortcuts.
_MARKUP = re.compile(
    r"[{}<>=|\\_#*`~^%@\[\]]|https?:|\$\(|->|::|\.\w+\(|[\U0001f000-\U0001ffff✅❌]"
)
# What a manual tells its reader to do with a screen.
_INTERFACE = re.compile(
    r"(?:Klik|Kies|Selecteer|Druk|Typ|Voer|Vink|Open|Ga naar|Zie|Vul|Dubbelklik)\b"
    r"|.*\b(?:klikt u|klik op|sneltabblad|actievenster|dialoogvenster|selectievakje|keuzelijst)\b",
    re.IGNORECASE,
)
# Letters of no Western European language.
_FOREIGN = re.compile(r"[\u0370-\u1dff\u2e80-\ud7ff]")
_ENGLISH = frozenset("the and of that with you are this which from your".split())
_DUTCH = frozenset("het een en dat niet zijn voor aan ook maar om naar deze wordt".split())
_WORD = re.compile(r"[^\W\d_]+")
_AMOUNT = re.compile(r"(?<=\d)(bn|m|tn)\b")
_UNITS = {"bn": " billion", "m": " million", "tn": " trillion"}
# Below these mean log-probabilities (see `alignment`) most pairs are no translations, by eye. The
# hand-made corpora have none: what scores low there is idiom ("Wat leuk!", "How lovely!").
_ALIGNED = {"general": -5.8, "technical": -5.5, "manuals": -5.0, "machine": -5.2}


def digits_agree(dutch: str, english: str) -> bool:
    """Tell whether both sides have the same digits, whatever their order and punctuation."""
    return sorted("".join(_DIGITS.findall(dutch))) == sorted("".join(_DIGITS.findall(english)))


def lengths_agree(dutch: str, english: str, *, most: float = 1.8) -> bool:
    """Tell whether neither side is `most` times longer, in characters, than the other."""
    # Twelve characters of grace: "Ja." is "Yes, it is."
    ratio = (len(dutch) + 12) / (len(english) + 12)
    return 1 / most <= ratio <= most


def languages_differ(dutch: str, english: str) -> bool:
    """Tell whether the sides can be Dutch and English: neither copied nor in the other language."""
    if _FOREIGN.search(dutch) or _FOREIGN.search(english):
        return False
    ours, theirs = (_WORD.findall(side.lower()) for side in (dutch, english))
    if len(ours) >= 4 and ours == theirs:
        return False
    # Three function words of the other language and fewer of its own.
    swapped = sum(word in _ENGLISH for word in ours) - sum(word in _DUTCH for word in ours)
    left = sum(word in _DUTCH for word in theirs) - sum(word in _ENGLISH for word in theirs)
    return swapped < 3 and left < 3


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
    if source in _HAND_MADE:
        return source
    if tier == "A":
        return "general"
    if tier == "B":
        return "technical" if source in _PROSE else "manuals"
    return "machine" if tier == "D" else None


def refusal(dutch: str, english: str, group: str) -> str | None:
    """Say why a pair is left out, or None if it is not; the alignment is another filter."""
    # Inverted forms ("Balochi, Eastern") and run-together words are no translations.
    word = group in ("freedict", "iso_names")
    prose = group in ("technical", "manuals", "machine")
    # Whole sentences of eight words or more; shorter ones name buttons.
    ends = dutch[-1:] in ".?!" and english[-1:] in ".?!"
    tests = {
        "digits": not digits_agree(dutch, english),
        "length": not lengths_agree(dutch, english),
        "language": not languages_differ(dutch, english),
        # Half of it is lower-cased, which the translator must not learn.
        "lower case": group == "stsb_deepl" and not (dutch[0].isupper() and english[0].isupper()),
        "markup": group in _ALIGNED and bool(_MARKUP.search(dutch) or _MARKUP.search(english)),
        "no sentence": prose and (len(dutch.split()) < 8 or not ends),
        "interface": prose and bool(_INTERFACE.match(dutch)),
        "dictionary": word and ("," in english or len(english) > 3 * len(dutch)),
        "too long": len(dutch) > 600,
    }
    return next((reason for reason, applies in tests.items() if applies), None)


def _written(folder: Path) -> Iterator[tuple[str, str, str]]:
    for path in sorted(folder.glob("*.tsv")):
        for number, line in enumerate(path.open(encoding="utf-8"), start=1):
            if line.count("\t") != 1:
                raise ValueError(f"{path}, line {number}: not Dutch, a tab and English: {line!r}")
            dutch, english = line.rstrip("\n").split("\t")
            yield dutch, english, "own"


def read_pairs(
    data: Path, *, written: Path, refused: Counter[str] | None = None
) -> Iterator[tuple[str, str, str]]:
    """Yield (Dutch, English, group) in the order of the files; neighbours in `news` stay so.

    Args:
        data: The folder of corpora.
        written: A folder of pairs of our own (`.tsv`), the group `own`; it need not be there.
        refused: Counts, under "group: reason", what is left out.
    """
    refused = Counter() if refused is None else refused
    rows: list[tuple[str, str, str]] = []
    for line in (data / "nl-en" / "news.tsv").open(encoding="utf-8"):
        dutch, english, origin = line.rstrip("\n").split("\t")
        if lengths_agree(dutch, english, most=2.2):
            rows.append((dutch, spell_amounts(english), f"news:{origin}"))
        else:
            refused[f"news:{origin}: length"] += 1
    rows += _written(written)
    seen: set[tuple[str, str]] = set()
    with lzma.open(data / "nl-en" / "train.tsv.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            dutch, english, source, tier = line.rstrip("\n").split("\t")
            group = _group(source, tier)
            if group is None:
                continue
            reason = refusal(dutch, english, group)
            # The manuals differ in figures alone: "step 1", "step 2".
            key = (_DIGITS.sub("0", dutch).lower(), _DIGITS.sub("0", english).lower())
            if reason is None and group in _ALIGNED and key in seen:
                reason = "repeated"
            if reason:
                refused[f"{group}: {reason}"] += 1
                continue
            seen.add(key)
            rows.append((dutch, english, group))
    scores = alignment_scores([row[0] for row in rows], [row[1] for row in rows])
    for row, score in zip(rows, scores.tolist(), strict=True):
        if score < _ALIGNED.get(row[2], float("-inf")):
            refused[f"{row[2]}: alignment"] += 1
        else:
            yield row
