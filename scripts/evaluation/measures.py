"""Measures of a translation or a summary that need no BLEU: figures, loops, Dutch left over."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.fidelity import find_loop, still_dutch, unsupported_names
from pipeline.numerals import missing_numbers, numbers, unsupported_numbers

_WORD = re.compile(r"[^\W\d_]{3,}")
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][\w'-]+")


@dataclass(slots=True)
class Share:
    """A part of a whole, in percent; of nothing, all of it is right."""

    part: int = 0
    whole: int = 0

    def add(self, part: int, whole: int) -> None:
        """Counts some more."""
        self.part += part
        self.whole += whole

    @property
    def percent(self) -> float:
        """The part, in percent of the whole."""
        return 100 * self.part / self.whole if self.whole else 100.0


def translation_measures(
    sources: Sequence[str], found: Sequence[str], references: Sequence[str]
) -> dict[str, float]:
    """Measure English translations of Dutch sentences, in percent.

    Returns:
        `number_recall`: of the figures of the sources, those that came through. `number_precision`:
        of the figures in the output, those that the source or the reference has.
        `loops_or_empty` and `untranslated`: sentences. `dutch_words`: of the words of the output,
        those in small letters that stand in the source and not in the reference.
    """
    recall, precision, words = Share(), Share(), Share()
    failed = left = 0
    for dutch, english, reference in zip(sources, found, references, strict=True):
        wanted = set(numbers(dutch, language="nl"))
        recall.add(len(wanted) - len(missing_numbers(dutch, english)), len(wanted))
        given = set(numbers(english, language="en"))
        known = wanted | set(numbers(reference, language="en"))
        # The reference may spell out what the output has in digits.
        invented = [n for n in unsupported_numbers(english, reference) if n not in known]
        precision.add(len(given) - len(invented), len(given))
        looped = find_loop(english) is not None and find_loop(dutch) is None
        failed += looped or not english.strip()
        left += still_dutch(dutch, english) is not None
        theirs = set(_WORD.findall(dutch)) - set(_WORD.findall(reference))
        mine = [word for word in _WORD.findall(english) if word.islower()]
        words.add(sum(word in theirs for word in mine), len(mine))
    return {
        "number_recall": recall.percent,
        "number_precision": precision.percent,
        "loops_or_empty": 100 * failed / max(1, len(found)),
        "untranslated": 100 * left / max(1, len(found)),
        "dutch_words": words.percent if words.whole else 0.0,
    }


def summary_measures(sources: Sequence[str], found: Sequence[str]) -> dict[str, float]:
    """Measure summaries against the texts that they summarise, in percent.

    Returns:
        `numbers_supported` and `names_supported`: of those in the summaries, the ones that their
        text has. `loops_or_empty`: summaries.
    """
    figures, names = Share(), Share()
    failed = 0
    for text, summary in zip(sources, found, strict=True):
        given = set(numbers(summary, language="en"))
        figures.add(len(given) - len(unsupported_numbers(summary, text)), len(given))
        named = set(_NAME.findall(summary))
        strange = named & set(unsupported_names(summary, text))
        names.add(len(named) - len(strange), len(named))
        failed += not summary.strip() or (find_loop(summary) is not None)
    return {
        "numbers_supported": figures.percent,
        "names_supported": names.percent,
        "loops_or_empty": 100 * failed / max(1, len(found)),
    }
