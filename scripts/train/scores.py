"""Scores against references: BLEU and chrF of translations, ROUGE of summaries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sacrebleu.metrics.bleu import BLEU, BLEUScore
from sacrebleu.metrics.chrf import CHRF, CHRFScore

_KINDS = ("rouge1", "rouge2", "rougeLsum")


def read_dev(path: Path, *, most: int | None = None) -> list[tuple[str, str]]:
    """Read the first `most` (Dutch, English) rows of a development set."""
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines()[:most]:
        dutch, english = line.split("\t")[:2]
        rows.append((dutch, english))
    return rows


def score_translations(found: Sequence[str], wanted: Sequence[str]) -> tuple[BLEUScore, CHRFScore]:
    """Return sacrebleu's BLEU and chrF with its default settings."""
    return (
        BLEU().corpus_score(found, [list(wanted)]),
        CHRF().corpus_score(found, [list(wanted)]),
    )


def first_words(sentences: Sequence[str], most: int) -> list[str]:
    """Return the first sentences that together have at most `most` words; at least one."""
    kept: list[str] = []
    for sentence in sentences:
        if kept and len(" ".join([*kept, sentence]).split()) > most:
            break
        kept.append(sentence)
    return kept


def score_summaries(found: Sequence[str], wanted: Sequence[str]) -> dict[str, float]:
    """Return the mean ROUGE-1, -2 and -Lsum F1 in percent (stemmed), and the words of a summary."""
    # Imported late: a machine that only trains need not have it.
    from rouge_score import rouge_scorer  # noqa: PLC0415

    from .sentences import split_sentences  # noqa: PLC0415

    scorer = rouge_scorer.RougeScorer(_KINDS, use_stemmer=True)
    scores = [
        scorer.score("\n".join(split_sentences(reference)), "\n".join(split_sentences(text)))
        for text, reference in zip(found, wanted, strict=True)
    ]
    means = {kind: 100 * float(np.mean([s[kind].fmeasure for s in scores])) for kind in _KINDS}
    return means | {"words": float(np.mean([len(text.split()) for text in found]))}
