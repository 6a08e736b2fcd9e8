"""Which language a text is in, for the one question that matters: Dutch, or clearly not?"""

from __future__ import annotations

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
