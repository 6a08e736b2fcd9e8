"""How a line speaks: what it asks and of whom, and whether something is said or told.

The contract: `measure_mood` adds the cues of mood and voice to a line; it sees one line, and of that
only what its writer says, not what stands between quotation marks.
"""

# ruff: noqa: E501  a pattern is read on one line

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from pipeline.clean.features import CLOSERS, HEAD, Features
from pipeline.clean.words import (
    AUTHORITY,
    CORRECTION,
    FIRST_PLURAL,
    HINTING,
    IMPERATIVES,
    NARRATIVE,
    NEGATION,
    REPORTING,
    SECOND_PERSON,
)

_SELF = re.compile(
    r"\W*(?:dit|deze) (?:artikel|productie|verhaal|bericht|tekst|publicatie|reportage|item)\b"
)
_MONEY = re.compile(r"(?:€|\beuro\b|\beur\b|\$)\s?\d|\d\s?(?:€|euro\b|procent korting)")
_SENTENCE_START = re.compile(r"(?:^|[.!?]\s+|:\s+|,\s+dan\s+)\W*([^\W\d_]+)")

# Imperatives that are as often nouns or prepositions at the head of a line.
_NOUNS = frozenset(
    "deel test tip app mail bel stem start print win toon plan open post help log zet pas".split()
)

# "Deel van …" is a noun; "Bekijk je de cijfers, dan …" is a condition; "Volg je de koers?" is a
# question.
_NO_REQUEST = re.compile(
    r"deel (?:van|uit|twee|een|\d)\b|(?:meer|open|start|stem|app|mail|tip|plan|test|win|print|link) (?:van|is|was|werd)\b"
    r"|\w+ (?:je|u|jij|hij|ze|het|de) [^,.!?]{3,90}, (?:dan|is|zijn|kun|kunt|heb|hebt|krijg|krijgt|kan|kunnen|moet|zie|ziet|word|wordt)\b"
    r"|\w+ (?:jij|u|je) (?:zelf|ook|nog|wel|dan)?\s?[^,.!?]{0,60}\?"
)


# One of these is in every correction.
CORRECTING = frozenset(
    """correctie rectificatie erratum naschrift aanvulling verbetering update versie bericht artikel eerder aanvankelijk
    abusievelijk onrechte""".split()
)


# A button says what it does, in the imperative or the infinitive, and has no full stop.
_INFINITIVES = frozenset(
    """downloaden exporteren aanvragen aanmelden inschrijven abonneren plaatsen bekijken delen bestellen berekenen laden tonen
    reageren doneren solliciteren vergelijken inloggen registreren uploaden instellen beheren afdrukken kopiëren opslaan
    volgen""".split()
)
_PUSHES = IMPERATIVES - _NOUNS
_BUTTON = re.compile(
    r"\W*(?:" + "|".join(sorted(_PUSHES)) + r")\b(?! (?:van|uit|is|was|werd)\b)"
    r"|\W*(?:[^\W\d_]+ ){0,4}(?:" + "|".join(sorted(_INFINITIVES)) + r")\W*$"
)


def _is_button(lower: str, words: list[str]) -> bool:
    if not words:
        return False
    first, last = words[0], words[-1]
    # The pattern is long; a look at two words spares most lines.
    likely = first in _PUSHES or last in _INFINITIVES or not (first.isalnum() and last.isalnum())
    return likely and _BUTTON.match(lower) is not None


_EURO = re.compile(r"eur(?<![^\W\d_]eur)o?\b")
_FIGURE = re.compile(r"\d")


def measure_mood(
    f: Features, own: str, lower: str, words: list[str], telling: AbstractSet[str]
) -> None:
    """Adds the cues of mood and voice.

    Args:
        f: The line.
        own: The line without what it quotes.
        lower: The same in lower case.
        words: Its words.
        telling: Those of the words that any list of `words` has.
    """
    cues = f.cues
    if telling:
        _measure_address(f, lower, telling)
    if f.terminal and f.length > 40:
        _measure_voice(f, own, lower, telling)
    if telling:
        _measure_authority(f, lower, telling)
    if not f.terminal and len(words) <= 9 and _is_button(lower, words):
        cues["ask:button"] = ""
    if f.length <= 45 and own[-1:] == "!":
        cues["mood:shout"] = "promotion"
    if ("dit" in telling or "deze" in telling) and _SELF.match(lower):
        cues["self:article"] = ""
    if (
        (
            "€" in lower
            or "$" in lower
            or "korting" in lower
            or ("eur" in lower and _EURO.search(lower))
        )
        and _FIGURE.search(lower)
        and _MONEY.search(lower)
    ):
        cues["topic:money"] = "promotion"


def _measure_address(f: Features, lower: str, telling: AbstractSet[str]) -> None:
    """Who asks something of whom."""
    if not IMPERATIVES.isdisjoint(telling) and _asks(lower):
        f.cues["mood:imperative"] = ""
    if not SECOND_PERSON.isdisjoint(telling):
        f.cues["mood:reader"] = ""
    if not FIRST_PLURAL.isdisjoint(telling):
        f.cues["mood:house"] = ""


def _measure_authority(f: Features, lower: str, telling: AbstractSet[str]) -> None:
    """Whose word it is, and what the article says of itself."""
    cues = f.cues
    if f.terminal and not AUTHORITY.isdisjoint(telling):
        cues["keep:authority"] = ""
    if "mood:imperative" in cues and not NEGATION.isdisjoint(telling):
        cues["keep:negation"] = ""
    if f.length >= 40 and not CORRECTING.isdisjoint(telling) and CORRECTION.search(lower[:300]):
        cues["keep:correction"] = ""


def _measure_voice(f: Features, own: str, lower: str, telling: AbstractSet[str]) -> None:
    """Whether something is said or told, as articles do."""
    cues = f.cues
    if lower.startswith(_ASKED):
        return
    if "?" in lower and lower.rstrip(CLOSERS).endswith("?"):
        return
    if not REPORTING.isdisjoint(telling) or (
        not HINTING.isdisjoint(f.words) and _attributed(f.text)
    ):
        # "Meld je aan, zegt Prins": somebody says it, so the site does not.
        f.reported = True
        cues["keep:reported"] = ""
    elif (
        # "Laat je adres achter" reports nothing.
        not (_HINTING_ONLY if "mood:imperative" in cues else HINTING).isdisjoint(telling)
        and "mood:house" not in cues
    ):
        f.reported = own is not f.text
        cues["keep:hinted"] = ""
    if not NARRATIVE.isdisjoint(telling):
        cues["keep:narrative"] = ""


_HINTING_ONLY = HINTING - IMPERATIVES

# What the site asks of its reader: it tells nothing.
_ASKED = ("vond je ", "vond u ", "vind je ", "vind jij ", "vindt u ")
_ATTRIBUTION = re.compile(r"[,?!\"”’']\s(?:zo |dan |dus )?([a-zà-ÿ]+)\s(?=\w)")


def _attributed(text: str) -> bool:
    """Whether somebody is said to say it: '…, vindt Prins', '…, zo vat zij het samen'."""
    return not HINTING.isdisjoint(_ATTRIBUTION.findall(text, 0, HEAD))


def _asks(lower: str) -> bool:
    for match in _SENTENCE_START.finditer(lower):
        if match[1] in IMPERATIVES and not _NO_REQUEST.match(lower, match.start(1)):
            return True
    return False
