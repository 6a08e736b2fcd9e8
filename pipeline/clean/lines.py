"""What one line looks like, on its own: form, mood, shape and the cue families it touches.

The contract: a pure function of the line; context is `structure`'s business. The work per line is
bounded: of a very long line only the head and the tail are looked at, so a 30 MB line costs no more
than a long paragraph.
"""

# ruff: noqa: E501  a pattern is read on one line

from __future__ import annotations

import re
from functools import lru_cache

from pipeline.clean.decide import on_other_points
from pipeline.clean.families import find_families, find_label
from pipeline.clean.features import (
    BULLET,
    CLOSERS,
    HEAD,
    SENTENCE_END,
    TAIL,
    TERMINAL,
    Features,
    words_of,
)
from pipeline.clean.language import ONLY_FOREIGN, foreign_language
from pipeline.clean.mood import CORRECTING, measure_mood
from pipeline.clean.points import complete
from pipeline.clean.shapes import CAPS_LEAD, FIGURE, find_shapes
from pipeline.clean.words import (
    AUTHORITY,
    FIRST_PLURAL,
    HINTING,
    IMPERATIVES,
    NARRATIVE,
    NEGATION,
    PROSE_WORDS,
    REPORTING,
    SECOND_PERSON,
)

_QUOTED = re.compile(
    # The first look spares most characters a try of every kind of quotation mark.
    r"(?=[„“”\"‘’',])(?:„[^„”\"]{2,300}[”\"“]|“[^“”]{2,300}”|\"[^\"]{2,300}\"|‘[^‘’]{2,300}(?:’s[^‘’]{0,60})?’(?!\w)|(?<!\w)'[^']{3,200}'(?!\w)|,,[^,\"”]{2,300}[\"”]"
    r"|(?<!\w)’[^’]{3,200}’(?!\w))"
)
_CREDIT_BEHIND = re.compile(r"\s\((?:foto|beeld|video|bron)\w*:?\s[^()]{2,60}\)$", re.IGNORECASE)
_QUOTE_MARK = re.compile("[“”„‘’]")
_OTHER_END = re.compile("[!?…]")
_DIGIT = re.compile("[0-9]")


# A site's furniture is the same on every page, and hardly longer than this; so many lines of that
# length are remembered.
_FURNITURE, _REMEMBERED = 300, 4096


def measure(text: str) -> Features:
    """All features of one repaired line; shared by all that ask, so not to be changed."""
    return remembered(text) if len(text) <= _FURNITURE else _measured(text)


def _measured(text: str) -> Features:
    f = Features(text, len(text), [])
    _measure(f)
    complete(f)
    return f


remembered = lru_cache(_REMEMBERED)(_measured)
on_other_points(remembered.cache_clear)

# Words that one of the rules below asks for; hardly any line has more than a few of them.
_TELLING = (
    SECOND_PERSON
    | FIRST_PLURAL
    | IMPERATIVES
    | CORRECTING
    | REPORTING
    | HINTING
    | NARRATIVE
    | NEGATION
    | AUTHORITY
    | ONLY_FOREIGN
    | {"dit", "deze"}
)


def _measure(f: Features) -> None:
    text = f.text
    sample = text if f.length <= HEAD + TAIL else f"{text[:HEAD]} {text[-TAIL:]}"
    if "  " in sample:
        # Only the cells of a menu are told by their two spaces.
        sample = " ".join(sample.split())
    lower = sample.lower()
    words = f.words = words_of(lower)
    telling = _TELLING.intersection(words)
    # Only a short line can be a picture.
    figures = FIGURE if f.length <= 140 and not sample.isascii() else _DIGIT
    figure = figures.search(sample) is not None
    _measure_form(f, sample, figure=figure)
    if f.length >= 150 and f.prose and _is_plainly_told(f, sample, telling):
        return
    own = sample
    if (
        '"' in sample
        or "'" in sample
        or ",," in sample
        or not (sample.isascii() or _QUOTE_MARK.search(sample) is None)
    ):
        # What is said between quotation marks is the speaker's, not the site's.
        own = _QUOTED.sub(" ", sample)
        if own != sample:
            f.quoted = sample[0] in "\"'“„‘’," and len(own.strip(" .,:;!?-–")) < 0.15 * len(sample)
            lower = own.lower()
            words = words_of(lower)
            telling = _TELLING.intersection(words)
    measure_mood(f, own, lower, words, telling)
    if (code := foreign_language(words, telling)) is not None:
        f.cues[f"language:{code}"] = "foreign"
    find_families(f, lower, words)
    find_shapes(f, sample, figure=figure)
    if f.length <= 90:
        find_label(f)


# Without one of these, a paragraph addresses nobody, within quotation marks or without.
_ADDRESSING = SECOND_PERSON | FIRST_PLURAL | IMPERATIVES | CORRECTING


def _is_plainly_told(f: Features, sample: str, telling: set[str] | frozenset[str]) -> bool:
    """The short way for most paragraphs: told or said, and to nobody, so no family can outweigh it."""
    reported = not REPORTING.isdisjoint(telling)
    narrative = not NARRATIVE.isdisjoint(telling)
    if (
        not (reported or narrative)
        or not _ADDRESSING.isdisjoint(telling)
        or not sample[0].isalnum()
        or sample.rstrip(CLOSERS).endswith("?")
        or "opyright" in sample
        or (sample[1:2].isupper() and CAPS_LEAD.match(sample))
    ):
        return False
    if reported:
        f.reported = True
        f.cues["keep:reported"] = ""
    if narrative:
        f.cues["keep:narrative"] = ""
    return True


def _measure_form(f: Features, sample: str, *, figure: bool) -> None:
    words, length = f.words, f.length
    bare = sample if sample[-1] not in CLOSERS else sample.rstrip(CLOSERS)
    if sample[-1] == ")" and (credit := _CREDIT_BEHIND.search(sample[-90:])):
        # "… op de wagen. (foto: Jan Smit)" is a sentence all the same.
        bare = sample[: len(sample) - len(credit[0])].rstrip(CLOSERS)
    f.terminal = bare.endswith(TERMINAL)
    if length <= 40 or (
        sample[-1] == "." and sample.count(".") == 1 and _OTHER_END.search(sample) is None
    ):
        f.sentences = int(f.terminal)
    else:
        f.sentences = len(SENTENCE_END.findall(sample))
    count = len(words)
    if f.terminal and count >= 9:
        f.prose = sum(map(PROSE_WORDS.__contains__, words)) / count >= 0.2
    if figure:
        f.digit_share = len([word for word in words if word[0] in "0123456789"]) / (count or 1)
    f.bullet = not sample[0].isupper() and BULLET.match(sample) is not None
    f.headline = (
        4 <= count <= 26
        and length <= 190
        and not bare.endswith((".", ":", ";", ","))
        and not sample[0].islower()
        and f.sentences <= (1 if f.terminal else 2)
        # A line-up or a list of names.
        and sample.count(",") + 2 * sample.count(";") < 5
    )
