"""What one line looks like, on its own: form, mood, shape and the cue families it touches.

The contract: a pure function of the line; context is `structure`'s business. The work per line is
bounded: of a very long line only the head and the tail are looked at, so a 30 MB line costs no more
than a long paragraph.
"""

# ruff: noqa: E501  a pattern is read on one line

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from pipeline.clean.families import find_families, find_label
from pipeline.clean.features import (
    BULLET,
    CLOSERS,
    HEAD,
    SENTENCE_END,
    TAIL,
    TERMINAL,
    WORD,
    Features,
)
from pipeline.clean.language import foreign_language
from pipeline.clean.mood import CORRECTING, measure_mood
from pipeline.clean.shapes import CAPS_LEAD, find_shapes
from pipeline.clean.words import (
    FIRST_PLURAL,
    IMPERATIVES,
    NARRATIVE,
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
_QUOTE_MARK = re.compile("[\"“”„‘’']|,,")


# A site's furniture is the same on every page, and short; so many such lines are remembered.
_FURNITURE, _REMEMBERED = 90, 4096


def measure(text: str, *, gap: bool) -> Features:
    """All features of one repaired line; its own to change."""
    f = Features(text, gap, length=len(text))
    if f.length > _FURNITURE:
        _measure(f)
        return f
    known = remembered(text)
    return replace(known, gap=gap, cues=known.cues.copy())


@lru_cache(_REMEMBERED)
def remembered(text: str) -> Features:
    """The features of a short line, shared by all that ask: copy before changing."""
    f = Features(text, gap=False, length=len(text))
    _measure(f)
    return f


def _measure(f: Features) -> None:
    text = f.text
    sample = text if f.length <= HEAD + TAIL else f"{text[:HEAD]} {text[-TAIL:]}"
    if "  " in sample:
        # Only the cells of a menu are told by their two spaces.
        sample = " ".join(sample.split())
    _measure_form(f, sample)
    own = sample
    if f.length >= 150 and _is_plainly_told(f, sample):
        return
    if _QUOTE_MARK.search(sample):
        # What is said between quotation marks is the speaker's, not the site's.
        own = _QUOTED.sub(" ", sample)
        f.quoted = (
            sample[0] in "\"'“„‘’,"
            and own != sample
            and len(own.strip(" .,:;!?-–")) < 0.15 * len(sample)
        )
    lower = own.lower()
    words = f.words if own is sample else WORD.findall(lower)
    measure_mood(f, own, lower, words)
    if (code := foreign_language(words)) is not None:
        f.cues[f"language:{code}"] = "foreign"
    find_families(f, lower, words)
    find_shapes(f, sample)
    if f.length <= 90:
        find_label(f)


# Without one of these, a paragraph addresses nobody, within quotation marks or without.
_ADDRESSING = SECOND_PERSON | FIRST_PLURAL | IMPERATIVES | CORRECTING


def _is_plainly_told(f: Features, sample: str) -> bool:
    """The short way for most paragraphs: told or said, and to nobody, so no family can outweigh it."""
    unique = set(f.words)
    reported = not REPORTING.isdisjoint(unique)
    narrative = not NARRATIVE.isdisjoint(unique)
    if (
        not f.prose
        or not (reported or narrative)
        or not _ADDRESSING.isdisjoint(unique)
        or not sample[0].isalnum()
        or sample.rstrip(CLOSERS).endswith("?")
        or "opyright" in sample
        or CAPS_LEAD.match(sample)
    ):
        return False
    if reported:
        f.reported = True
        f.cues["keep:reported"] = ""
    if narrative:
        f.cues["keep:narrative"] = ""
    return True


def _measure_form(f: Features, sample: str) -> None:
    f.words = WORD.findall(sample.lower())
    bare = sample.rstrip(CLOSERS)
    if sample.endswith(")") and (credit := _CREDIT_BEHIND.search(sample[-90:])):
        # "… op de wagen. (foto: Jan Smit)" is a sentence all the same.
        bare = sample[: len(sample) - len(credit[0])].rstrip(CLOSERS)
    f.terminal = bare.endswith(TERMINAL)
    f.sentences = len(SENTENCE_END.findall(sample)) if f.length > 40 else int(f.terminal)
    count = len(f.words) or 1
    f.prose_share = len([word for word in f.words if word in PROSE_WORDS]) / count
    f.digit_share = len([word for word in f.words if word[0] in "0123456789"]) / count
    f.bullet = bool(BULLET.match(sample))
    f.headline = (
        not bare.endswith((".", ":", ";", ","))
        and 4 <= len(f.words) <= 26
        and f.length <= 190
        and not sample[0].islower()
        and f.sentences <= (1 if f.terminal else 2)
        # A line-up or a list of names.
        and sample.count(",") + 2 * sample.count(";") < 5
    )
