"""Raw text in, repaired lines out: the characters first, then the lines.

The contract: every character of the output stands, in this order, in the repaired characters of the
input; nothing is invented but the single space that joins two halves of a hard-wrapped paragraph.
Blank lines disappear, but are remembered as the `gap` of the line after them. Repairing twice
changes nothing. Time is linear in the text.

1. characters: mojibake, entities, soft hyphens, no-break and zero-width spaces, control characters,
lone surrogates; 2. lines: CRLF and CR; a line glued by a scraper to the one before it is cut apart;
hard-wrapped lines are rejoined.
"""

# ruff: noqa: E501  a pattern is read on one line

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import ftfy


class Line(NamedTuple):
    """A repaired, non-blank line.

    Attributes:
        text: Stripped text; runs of spaces are still there, since menus are recognised by them.
        number: 1-based number in the raw input, of its first line if several were rejoined.
        gap: Whether a blank line, or nothing at all, precedes it.
    """

    text: str
    number: int
    gap: bool


# Anything a repair could touch. One search per line, so that clean text costs next to nothing.
_DIRTY = re.compile(
    "[&\t\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e"
    "\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\ufff9-\ufffc\ud800-\udfff"
    "\u00c2-\u00c5\u00e2\u00ef\u00f0]"
)

# The part of it that is replaced or removed whatever stands beside it.
_UNSEEN = re.compile(
    "[\t\n\r\x00-\x08\x0e-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e"
    "\u2000-\u200f\u202a-\u202f\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\ufff9-\ufffc\ud800-\udfff]"
)

# UTF-8 read as Windows-1252 or Latin-1: a lead byte followed by a continuation byte, as they look
# there.
_CONTINUATION = "\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_MOJIBAKE = re.compile(
    f"[\u00c2-\u00c5][{_CONTINUATION}]|[\u00e2\u00ef][{_CONTINUATION}]{{2}}"
    f"|\u00f0[{_CONTINUATION}]{{3}}"
)

# "&amp;eacute;" was escaped twice: the (?:amp;)* peels every layer in one go. A semicolon is
# required, for the sake of "AT&T" and of addresses such as ?a=1&copy=2.
_ENTITY = re.compile(
    r"&(?:amp;|#0{0,5}38;|#[xX]0{0,4}26;)*(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
)

_SPACES = dict.fromkeys([0xA0, 0x202F, 0x205F, 0x3000, *range(0x2000, 0x200B)], " ")
# A tab separates the cells of a menu or table, which the line rules see as a run of two spaces.
_BREAKS = {0x09: "  ", 0x0A: " ", 0x0D: " ", 0x1C: " ", 0x1D: " ", 0x1E: " ", 0x1F: " "}
_NOTHING = dict.fromkeys(
    [
        *range(0x00, 0x09),
        *range(0x0E, 0x1C),
        *range(0x7F, 0xA0),
        0xAD,
        0x034F,
        0x061C,
        0x115F,
        0x1160,
        0x17B4,
        0x17B5,
        0x180E,
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        0x3164,
        *range(0xFE00, 0xFE10),
        0xFEFF,
        *range(0xFFF9, 0xFFFD),
        *range(0xD800, 0xE000),
    ]
)
_CHARACTERS: dict[int, str | None] = {**_NOTHING, **_SPACES, **_BREAKS}

# A repair can uncover another (an entity spells mojibake), but not many times over in honest text.
_ROUNDS = 6

# ftfy works on a whole string at a time; a 30 MB line goes through it in pieces.
_PIECE = 1 << 16

_NEWLINE = re.compile(r"\r\n|\r|\n")
_SOFT_BREAKS = "\u2028\u2029\x0b\x0c"
_SOFT_BREAK = re.compile(f"[{_SOFT_BREAKS}]+")


def repair_characters(text: str) -> str:
    """Mojibake, entities, invisible and control characters of one line put right."""
    for _ in range(_ROUNDS):
        if not _DIRTY.search(text):
            break
        repaired = _repair_once(text)
        if repaired == text:
            break
        text = repaired
    return text


def _repair_once(text: str) -> str:
    if _MOJIBAKE.search(text):
        text = "".join(_fix_encoding(piece) for piece in _pieces(text))
    if "&" in text:
        text = _ENTITY.sub(_entity, text)
    return text.translate(_CHARACTERS) if _UNSEEN.search(text) else text


def _fix_encoding(piece: str) -> str:
    fixed = ftfy.fix_encoding(piece) if _MOJIBAKE.search(piece) else piece
    # U+FFFD would be an invention: ftfy writes it where a byte was lost. Keep what stood there
    # instead.
    return piece if fixed.count("\ufffd") > piece.count("\ufffd") else fixed


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces of about `_PIECE` characters, cut at a space where there is one."""
    start = 0
    while len(text) - start > _PIECE:
        end = text.rfind(" ", start, start + _PIECE)
        end = start + _PIECE if end <= start else end
        yield text[start:end]
        start = end
    yield text[start:]


def _entity(match: re.Match[str]) -> str:
    entity = f"&{match[1]};"
    character = html.unescape(entity)
    # Unknown names and forbidden code points stay as they are.
    return match[0] if character in {entity, "\ufffd", ""} else character


# "… 6 minuten geledenLEIDEN (ANP) - …": how long ago, glued to what it stamps.
_AGO = r"(?<![0-9])(?<![0-9][.,:])[0-9]{1,2} (?:seconden|minuut|minuten|min\.?|uur|uren|dag|dagen|week|weken|maanden) geleden"
_GLUE = re.compile(
    # after the stamp
    rf"(?:{_AGO})(?=[A-Z'‘“\"„])"
    # before the stamp: the previous teaser ends in a full stop or a word without a space
    rf"|(?<=[a-zà-ÿ.!?”’\"'])(?={_AGO}\b)"
    # a dateline of a news agency right after a full stop or a small letter
    r"|(?<=[a-zà-ÿ.!?”’\"'])(?=[A-Z][A-Z/' -]{2,30} \((?:ANP|AFP|AP|Belga|BELGA|RTR|DPA|Reuters|Novum)[A-Za-z/ ]{0,10}\))"
    # a call of the site glued to the end of a paragraph
    r"|(?<=[a-zà-ÿ][.!?])(?=(?:Lees|LEES|Bekijk|Kijk|Zie|Luister) (?:ook|OOK|verder|meer|hier)\b|Advertentie\b|ADVERTENTIE\b)"
)


def cut_glue(text: str) -> list[str]:
    """The line cut where a scraper left out the break between two; usually the line as it is."""
    if not _may_be_glued(text):
        return [text]
    pieces: list[str] = []
    start = 0
    for match in _GLUE.finditer(text):
        for cut in match.span():
            if cut > start and not text[cut - 1].isspace():
                pieces.append(text[start:cut])
                start = cut
    pieces.append(text[start:])
    return [stripped for piece in pieces if (stripped := piece.strip())]


# What is cut apart but for "… geleden": a capital right after a small letter or a stop is rare in
# honest lines, and cheap to look for.
_GLUE_HINT = re.compile(
    r"[A-Z](?<=[a-zà-ÿ.!?”’\"'][A-Z])(?:[A-Z/' -]{2,30} \(|(?:ees|EES|ekijk|ijk|ie|uister) |dvertentie|DVERTENTIE)"
)


def _may_be_glued(text: str) -> bool:
    return " geleden" in text or _GLUE_HINT.search(text) is not None


def split_lines(text: str) -> list[Line]:
    """The text as repaired, unglued, unwrapped lines, in order."""
    if text.startswith("\ufeff"):
        text = text[1:]
    raw = _NEWLINE.split(text) if "\r" in text else text.split("\n")
    # A look at the whole spares most texts a look at each line.
    dirty, glued = _DIRTY.search(text) is not None, _may_be_glued(text)
    soft = dirty and any(character in text for character in _SOFT_BREAKS)
    lines: list[Line] = []
    gap = True
    for number, line in enumerate(raw, start=1):
        if soft or (dirty and _DIRTY.search(line)):
            parts = (remembered_parts if len(line) <= _SHORT else _repaired_parts)(line)
        elif not glued or not line or line.isspace():
            if stripped := line.strip():
                lines.append(Line(stripped, number, gap))
            gap = not stripped
            continue
        else:
            parts = cut_glue(line.strip())
        for part in parts:
            if part:
                lines.append(Line(part, number, gap))
            gap = not part
    return unwrap(lines)


# Of a site with a broken charset the furniture is broken on every page.
_SHORT, _REMEMBERED = 300, 4096


def _repaired_parts(line: str) -> Sequence[str]:
    """What becomes of one raw line; a part that is empty is a gap."""
    # Mojibake has control characters in it, so the encoding comes before any stripping or cutting.
    # A repair can uncover a soft break that was not in the raw text.
    parts: list[str] = []
    for piece in _SOFT_BREAK.split(repair_characters(line)):
        parts += cut_glue(piece.strip())
    return parts


remembered_parts = lru_cache(_REMEMBERED)(_repaired_parts)


# A hard wrap narrower than this is a poem or a table, wider than this is not a hard wrap.
_NARROWEST, _WIDEST = 40, 160


def unwrap(lines: Sequence[Line]) -> list[Line]:
    """Hard-wrapped lines rejoined into paragraphs.

    A text is hard-wrapped at width w if hardly any line is longer than w and, where a line directly
    follows another, its first word would usually not have fitted on the line before. Only such
    pairs are joined.
    """
    width = wrap_width(lines)
    if width is None:
        return list(lines)
    paragraphs: list[Line] = []
    parts: list[str] = []
    for i, line in enumerate(lines):
        if i and _continues(lines[i - 1], line, width):
            parts.append(line.text)
            continue
        if parts:
            paragraphs[-1] = _joined(paragraphs[-1], parts)
        paragraphs.append(line)
        parts = [line.text]
    if parts:
        paragraphs[-1] = _joined(paragraphs[-1], parts)
    return paragraphs


def _joined(line: Line, parts: list[str]) -> Line:
    pieces = [parts[0]]
    for previous, part in pairwise(parts):
        # "Alarm112-" + "app" was one word; "in-" + "en uitvoer" was two.
        one_word = (
            previous[-1:] == "-"
            and previous[-2:-1].isalnum()
            and not part.startswith(("en ", "of ", "én "))
        )
        pieces.append(part if one_word else " " + part)
    return Line("".join(pieces), line.number, line.gap)


def wrap_width(lines: Sequence[Line]) -> int | None:
    """The column at which the text was hard-wrapped, or None if it was not."""
    joints = [(a, b) for a, b in pairwise(lines) if not b.gap]
    if len(joints) < 4:
        return None
    lengths = sorted(len(line.text) for line in lines)
    # One address or menu may stick out, far; what sticks out a little is what sets the width.
    usual = lengths[min(len(lengths) - 1, int(len(lengths) * 0.95))]
    width = max(length for length in lengths if length <= 1.15 * usual)
    if not _NARROWEST <= width <= _WIDEST:
        return None
    full = [a for a, b in joints if _continues(a, b, width)]
    # In prose, few of the places where a line happens to end are also the end of a sentence.
    stopped = sum(a.text.endswith((".", "!", "?", '."', ".”", ".'", ".’")) for a in full)
    if len(full) < 4 or len(full) < 0.5 * len(joints) or stopped > 0.4 * len(full):
        return None
    return width


def _continues(line: Line, following: Line, width: int) -> bool:
    if following.gap or len(line.text) > width or len(line.text) < 0.6 * width:
        return False
    word = following.text.split(" ", 1)[0]
    return len(line.text) + 1 + len(word) > width
