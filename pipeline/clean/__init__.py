"""Raw article in; title, paragraphs and everything that was removed out, each with its reason.

    from pipeline.clean import clean
    cleaned = clean(text)
    cleaned.title, cleaned.paragraphs, cleaned.removed

The contract: nothing is dropped in silence (`removed` and what is kept are together all non-blank
lines), nothing is invented (every character comes from the repaired input, in order), and cleaning
a cleaned text changes nothing. The rules know no site and no sentence; see `cues` for what they
look at, `structure` for where, `decide` for what it weighs.
"""

from __future__ import annotations

from pipeline.clean.cleaned import REASONS, Cleaned, clean, explain
from pipeline.clean.language import detect_language
from pipeline.clean.verdicts import Verdict

__all__ = ["REASONS", "Cleaned", "Verdict", "clean", "detect_language", "explain"]
