"""The points of one line: the cues that only count together, and the sum.

The contract: `complete` is the last step of measuring a line, done once, and
looks at that line alone.
"""

from __future__ import annotations

import re

from pipeline.clean.decide import score
from pipeline.clean.features import Features

_GOES_ON = re.compile(r"\w+: [a-zà-ÿ].*\.$")
_MOODS = ("imperative", "reader", "house")
_ADDRESSED = ("mood:reader", "mood:house")

# A line of so many characters can be a paragraph.
_PARAGRAPH = 90


def complete(f: Features) -> None:
    """Adds the cues that only count together, and the points."""
    topics: list[str] = []
    phrased = shaped = False
    for cue in f.cues:
        kind = cue[:6]
        if kind == "topic:":
            topics.append(cue)
        elif kind == "phrase":
            phrased = True
        elif kind == "shape:":
            shaped = True
    if f.cues:
        _combine(f, topics, phrased=phrased)
    _complete_keeps(f, said=phrased or shaped)
    f.points = score(f.cues)
    f.solid = is_solid(f)


def _combine(f: Features, topics: list[str], *, phrased: bool) -> None:
    cues = f.cues
    _withdraw(f)
    # Many topics are hardly more of a reason than one.
    for cue in topics[1:]:
        cues["also:" + cue.partition(":")[2]] = cues.pop(cue)
    if not phrased:
        cues.pop("self:article", None)
    if phrased or topics:
        for mood in _MOODS:
            if f"mood:{mood}" in cues:
                cues[f"ask:{mood}"] = ""
        if len(topics) <= 1 and _advises(f):
            cues.pop("ask:imperative", None)
    if "ask:button" in cues and "mood:house" in cues:
        # "Bekijk onze campings": whose else could they be?
        cues["ask:site"] = ""
    if "mood:imperative" not in cues or f.length > 260:
        return
    if f.length <= 180 and "mood:house" in cues and "mood:reader" in cues:
        # "Wil je …? Meld je aan voor onze …": the site to its reader, whatever it is about.
        cues["ask:site"] = ""
    if "ask:reader" in cues and cues.keys().isdisjoint(("keep:authority", "keep:negation")):
        cues["ask:both"] = ""


def _withdraw(f: Features) -> None:
    """Takes back what another cue explains."""
    cues = f.cues
    if "phrase:author" in cues:
        cues.pop("keep:hinted", None)
    if "keep:authority" in cues and ("phrase:contact" in cues or "shape:credit" in cues):
        # The spokesman of an office, for the press; a picture with policemen on it.
        del cues["keep:authority"]
    if "phrase:related" in cues and _GOES_ON.match(f.text):
        # "Lees: dan staat het er zo weer." A headline begins with a capital.
        del cues["phrase:related"]


def _advises(f: Features) -> bool:
    """Whether it is advice, in two sentences, to whoever it may concern.

    "Open de app van de bank. Wis oude codes." A site has something to offer to its reader, and
    often asks first whether that is wanted.
    """
    paragraph = f.prose and f.length >= _PARAGRAPH and f.sentences >= 2
    return paragraph and "?" not in f.text and f.cues.keys().isdisjoint(_ADDRESSED)


def _complete_keeps(f: Features, *, said: bool) -> None:
    cues, length = f.cues, f.length
    if length >= _PARAGRAPH:
        if f.prose and "ask:site" not in cues:
            cues["keep:prose"] = ""
        if f.sentences >= 2 and "mood:house" not in cues:
            # A site speaks of itself as "we"; two sentences to nobody in particular are an
            # article's.
            cues["keep:paragraph"] = ""
        if length >= 260:
            cues["keep:long"] = ""
        if length >= 700:
            # No notice is this long: it is an article, or half of one, on a single line.
            cues["keep:whole"] = ""
    if f.bullet and len(f.words) >= 3:
        cues["keep:bullet"] = ""
    if f.quoted:
        cues["keep:quoted"] = ""
    if not said:
        if len(f.words) <= 4 and f.text[-1] == ".":
            cues["keep:stop"] = ""
        if f.digit_share >= 0.3 and len(f.words) >= 3:
            cues["keep:table"] = ""


def is_solid(f: Features) -> bool:
    """Whether the line is surely a paragraph of some article."""
    if not f.prose or f.points >= 1.2 or f.length < (65 if f.sentences >= 2 else 80):
        return False
    house = "mood:house" in f.cues and "mood:reader" in f.cues
    if house and f.length < 200 and not f.reported:
        # "Wij vragen u …": the site to its reader, most often.
        return False
    question = f.sentences <= 1 and f.length < 140
    return not (question and f.text.rstrip("\"'”’»)").endswith(("?", "!")))
