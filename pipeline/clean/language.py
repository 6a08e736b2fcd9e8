"""Which language a text is in, for the one question that matters: Dutch, or clearly not?"""

# ruff: noqa: E501  a word list is read and changed on one line

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Any, TypeAlias

# py3langid ships no type information.
Identifier: TypeAlias = Any

# Below this many characters of running text a guess is a guess.
SHORTEST = 100

# The languages that turn up in a folder of Dutch news; the more candidates, the more Dutch is taken
# for Afrikaans.
_CANDIDATES = (
    "nl",
    "en",
    "de",
    "fr",
    "es",
    "it",
    "pt",
    "fy",
    "af",
    "da",
    "sv",
    "no",
    "pl",
    "tr",
    "ar",
    "id",
    "ro",
    "ru",
)

# Words that a Dutch text of any length has and its neighbours do not.
_DUTCH = frozenset(
    """het een van niet zijn voor ook wordt naar heeft deze maar bij nog dan werd zich hij
    door""".split()
)

# Small words of the languages that stand on Dutch pages, without those that Dutch has as well.
_FOREIGN = {
    "en": frozenset(
        """the and to you your with for from are this that our by not will has have been be read more they which who
        what when how all here click sign about us it its on at as an or if but was can was their his her my first
        is post share email follow""".split()
    ),
    "de": frozenset(
        """der die das und nicht mit ein eine einen einem auf für ist sind von dem den sich auch wir sie zu zum zur wird
        werden haben nach bei aus über oder ihr ihre""".split()
    ),
    "fr": frozenset(
        """le la les des et est une dans pour que qui sur avec pas plus par du au aux ce cette sont nous vous leur ses
        été ont mais ou où""".split()
    ),
}
_DUTCH_SMALL = frozenset(
    """de het een en van dat die niet zijn voor met op te aan er om ook als maar bij nog wordt uit naar door over deze dit
    wel geen meer zo tot je we ze hij ik was in is je onze jouw ons uw lees meld bekijk volg schrijf""".split()
)


# No line is foreign without two of these, so most are settled by one look.
ONLY_FOREIGN = frozenset().union(*_FOREIGN.values()) - _DUTCH_SMALL


def foreign_language(words: Sequence[str], telling: AbstractSet[str]) -> str | None:
    """The language of a line that is clearly not Dutch, told by its small words alone; else None.

    Args:
        words: The line's words in lower case, without what it quotes.
        telling: At least those of them that are in `ONLY_FOREIGN`.
    """
    if len(words) < 3 or len(telling) < 2 or len(telling & ONLY_FOREIGN) < 2:
        return None
    unique = set(words)
    dutch = len(unique & _DUTCH_SMALL)
    code, hits = max(
        ((code, len(unique & small)) for code, small in _FOREIGN.items()), key=lambda pair: pair[1]
    )
    only = len(unique & _FOREIGN[code] - _DUTCH_SMALL)
    return code if only >= 2 and hits >= 2 * dutch + 1 and hits >= 0.25 * len(unique) else None


# Only this much is looked at: enough to be sure, and a 30 MB line costs nothing.
_SAMPLE = 4000


@cache
def _identifier() -> Identifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415  0.5 s, only when asked

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(_CANDIDATES))
    return identifier


def detect_language(text: str) -> tuple[str, float]:
    """ISO 639-1 code and confidence, 0 to 1.

    ``("nl", 0.0)`` for a text too short to tell: the benefit of the doubt. A text with enough Dutch
    function words is Dutch whatever the model says, so that English quotes and names never make an
    article foreign.
    """
    sample = text[:_SAMPLE]
    words = [word.strip(".,:;!?\"'“”‘’()").lower() for word in sample.split()]
    if len(sample.strip()) < SHORTEST or not any(word.isalpha() for word in words):
        return "nl", 0.0
    share = sum(word in _DUTCH for word in words) / len(words)
    if share >= 0.1:
        return "nl", min(1.0, 0.5 + 2.5 * share)
    code, confidence = _identifier().classify(sample)
    if code in {"af", "fy", "nl"} and share >= 0.03:
        return "nl", float(confidence)
    return str(code), float(confidence)
