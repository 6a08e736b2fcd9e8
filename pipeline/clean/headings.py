"""Headings under which something hangs: "Lees ook" and its headlines, "Over de auteur".

The contract: marks a line that hangs under a heading with `place:under-heading`, or
`place:near-heading` if it can as well be a subhead of the article. Blank lines count only in a text
that has some lines without one between them.
"""

# ruff: noqa: E501  a word list is read on one line

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.clean.decide import score
from pipeline.clean.features import CLOSERS, Features
from pipeline.clean.layout import VOICE, Cues, Layout

# Headings under which something hangs, and how many lines at most.
_SCOPES = {"related": 12, "author": 1, "video": 2, "newsletter": 2, "audio": 1, "contact": 1}


_SEPARATOR = re.compile(r"[:.|>»→]\s*")


def _heading_reason(f: Features, cues: Cues) -> str | None:
    """The reason of a heading that has its text on the lines below it."""
    if len(f.words) > 8 or f.length > 70 or f.bullet:
        return None
    if cues.keys() & {"phrase:advertisement", "phrase:caption", "phrase:embed", "phrase:video"}:
        return None
    if "label:furniture" in cues or ("label:weak" in cues and f.label == "author"):
        return f.label if f.label in _SCOPES else None
    for reason in ("related", "author", "contact"):
        if f"phrase:{reason}" in cues:
            # "Lees ook: kop" carries its own text; "Lees meer over: Weer" does not.
            parts = _SEPARATOR.split(f.text, maxsplit=1)
            return reason if len(parts) == 1 or len(parts[1].split()) <= 2 else None
    return None


# How much text is searched for a name.
_SEARCHED = 100_000
_NAMED = re.compile(r"[A-ZÀ-Ý][\w'’.-]+(?: (?:[a-z']{1,4} ){0,2}[A-ZÀ-Ý][\w'’.-]+)+")


# What somebody who writes is called, or does.
_WRITES = frozenset(
    """auteur blogger columnist columniste correspondent correspondente eindredacteur freelance freelancer hoofdredacteur
    journalist journaliste politiekverslaggever recenseert recensent redacteur redactrice schrijft schrijver schrijfster
    sportverslaggever techredacteur verslaat verslaggeefster verslaggever""".split()
)


def mark_author(layout: Layout) -> None:
    """Below the article, a line that begins with the name in the byline is about its author.

    A bare name at the top may as well be a place or who the story is about: such a line must also
    say that its subject writes. Nobody of whom the paragraphs speak is taken for the author.
    """
    names: dict[str, bool] = {}
    for f in layout.features[: layout.first + 3]:
        stated = not f.cues.keys().isdisjoint(("shape:by", "shape:role"))
        if stated or "shape:name" in f.cues:
            for match in _NAMED.finditer(f.text):
                names[match[0]] = names.get(match[0], False) or stated
    if not names:
        return
    top = max(layout.first + 1, len(layout.features) // 2)
    solids = (
        f.text for f, solid in zip(layout.features[:top], layout.solid[:top], strict=True) if solid
    )
    told = "\n".join(solids)[:_SEARCHED]
    names = {name: stated for name, stated in names.items() if name not in told}
    about = {f"Over {name}" for name in names} | {f"Over {name.split()[0]}" for name in names}
    for i in range(len(layout.features) - 1, top - 1, -1):
        f = layout.features[i]
        if f.text in about:
            layout.mark(i)["phrase:author"] = "author"
        elif f.length <= 300 and any(
            f.text.startswith(f"{name} ") and (stated or not _WRITES.isdisjoint(f.words))
            for name, stated in names.items()
        ):
            cues = layout.mark(i)
            cues["text:byline"] = "author"
            for voice in VOICE:
                cues.pop(voice, None)
        elif layout.solid[i]:
            # With a paragraph of the article below it, it is one itself.
            return
        else:
            continue
        layout.base[i] = score(layout.cues[i])
        layout.solid[i] = False


def begins_table(features: Sequence[Features], i: int) -> bool:
    """Whether the line is the first of two rows of figures, which are no headlines."""
    rows = features[i : i + 2]
    return len(rows) == 2 and all(f.digit_share >= 0.3 and len(f.words) >= 4 for f in rows)


def mark_headings(layout: Layout) -> None:
    """Adds the cues of what hangs under a heading, and notes the headings."""
    features = layout.features
    spaced = True in layout.gaps[1:] and False in layout.gaps
    likely = [i for i, f in enumerate(features) if f.label or layout.dropped(i)]
    below = 0
    for i in likely:
        # What hangs under a heading is none itself.
        reason = _heading_reason(features[i], layout.cues[i]) if i >= below else None
        if reason is None:
            continue
        layout.headings[i] = reason
        j = i + 1
        while j < len(features) and j - i <= _SCOPES[reason]:
            strength = _hangs(layout, i, j, reason=reason, spaced=spaced)
            if not strength:
                break
            cues = layout.mark(j)
            cues[strength] = "teaser" if reason == "related" else reason
            if strength == _UNDER:
                for voice in (*VOICE, "keep:bullet"):
                    cues.pop(voice, None)
            j += 1
        below = j


_UNDER = "place:under-heading"
_STAMPED = ("shape:date", "shape:ago", "shape:stamp")


def _hangs(layout: Layout, heading: int, j: int, *, reason: str, spaced: bool) -> str:
    """The cue of line j under the heading, or nothing if the block has ended."""
    if layout.dropped(j):
        return "" if reason == "related" and layout.features[j].label else _UNDER
    if reason == "related":
        return _hangs_related(layout, heading, j, spaced=spaced)
    f, gap = layout.features[j], layout.gaps[j]
    if reason in {"author", "contact"}:
        hangs = f.length <= 400
    elif reason in {"video", "audio"}:
        hangs = "shape:time" in f.cues or (f.headline and not gap and f.length <= 120)
    else:
        # Below its button the article goes on.
        ended = bool(layout.features[j - 1].label) and j > heading + 1
        hangs = not ended and not gap and f.length <= 200
    return _UNDER if hangs else ""


def _hangs_related(  # noqa: PLR0911  a return per case reads as a table
    layout: Layout, heading: int, j: int, *, spaced: bool
) -> str:
    features, f = layout.features, layout.features[j]
    direct = j == heading + 1
    if direct and begins_table(features, j):
        return ""
    if not direct and not f.cues.keys().isdisjoint(_STAMPED):
        # When the article above it in the list appeared.
        return _UNDER
    if f.bullet and not features[heading + 1].bullet:
        return ""
    if not f.headline:
        # A link text may be a full sentence, if it is all the block has.
        short = direct and f.length <= 130 and f.sentences <= 1 and not f.reported
        stops = f.terminal and f.text.rstrip(CLOSERS).endswith((".", "…"))
        return _UNDER if short and not stops else ""
    if direct or not features[j - 1].cues.keys().isdisjoint(_STAMPED):
        # Right below the heading, or below when it appeared.
        return _UNDER
    if spaced:
        return _UNDER if not layout.gaps[j] else ""
    if len(f.words) < 5:
        return ""
    # Right above a paragraph it can as well be a subhead.
    ahead = j + 1 < len(features) and layout.solid[j + 1]
    return "place:near-heading" if ahead else _UNDER
