"""Fit the table of `pipeline.salience` to written digests, and cross-validate it.

    python -m scripts.train.salience [--out .train] [--write]

A few hundred digests are too few to teach a network what matters in an article, but enough for a
log-linear model of two dozen features of a set of sentences. It is fitted listwise (Cao et al.
2007, "Learning to rank: from pairwise approach to listwise approach"): the model's distribution
over an article's sets should be that of their ROUGE against the digest. Printed: ROUGE of what it
chooses in ten-fold cross-validation, beside leads. The held digests are not read.

`fit` and `rouge` also label the articles that have no digest, for the network to learn from.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from pipeline.salience import NEAR, TABLE, SentenceSet, feature_names, sentence_sets

from .scores import first_words, score_summaries
from .sentences import overlap_f1

# The words of a summary: a digest has 45 to 70, and whole sentences cannot be cut to measure.
SHORTEST, LONGEST = 45, 85
# Not fitted: a "she" with nobody before her, or a quotation that never ends, costs a reader more
# than it costs ROUGE.
SET_BY_HAND: Final[Mapping[str, float]] = {"half a quote": -1.0, "pronoun alone": -1.0}
# How sharp the distribution over sets is that is aimed at, in ROUGE F1; and the price of a weight.
TEMPERATURE, RIDGE = 0.05, 1e-3
FOLDS = 10
_STEPS = 60
Array = np.ndarray


@dataclass(frozen=True, slots=True)
class Example:
    """An article's sets: features (sets, features) and ROUGE against its digest (sets,)."""

    features: Array
    scores: Array


def candidate_sets(sentences: Sequence[str]) -> list[SentenceSet]:
    """The sets of sentences with the right number of words."""
    return sentence_sets(sentences, fewest=SHORTEST, most=LONGEST)


def rouge(sentences: Sequence[str], sets: Sequence[SentenceSet], reference: str) -> Array:
    """Return the mean of ROUGE-1 and ROUGE-2 F1 of each set against a reference; (sets,)."""
    matrix = np.zeros((len(sets), 1 + max(chosen.indices[-1] for chosen in sets)), np.float32)
    for row, chosen in enumerate(sets):
        matrix[row, list(chosen.indices)] = 1
    window = sentences[: matrix.shape[1]]
    one, two = (overlap_f1(window, matrix, reference, size=size) for size in (1, 2))
    scores: Array = (one + two) / 2
    return scores


def example(sentences: Sequence[str], sets: Sequence[SentenceSet], digest: str) -> Example:
    """Lay out an article for `fit`."""
    names = list(feature_names())
    rows = [[chosen.features.get(name, 0.0) for name in names] for chosen in sets]
    return Example(np.array(rows), rouge(sentences, sets, digest))


def fit(examples: Sequence[Example]) -> dict[str, float]:
    """Fit the weights to articles with digests; deterministic.

    Raises:
        ValueError: There is no example.
    """
    if not examples:
        raise ValueError("no article with a digest to learn salience from")
    names = list(feature_names())
    # Only differences within an article count.
    centred = [e.features - e.features.mean(0) for e in examples]
    scale = torch.tensor(np.concatenate(centred).std(0) + 1e-6, dtype=torch.float32)
    shape = (len(examples), max(map(len, centred)), len(names))
    inputs, wanted = torch.zeros(shape), torch.full(shape[:2], -torch.inf)
    for row, (features, chosen) in enumerate(zip(centred, examples, strict=True)):
        inputs[row, : len(features)] = torch.from_numpy(features)
        wanted[row, : len(features)] = torch.from_numpy(chosen.scores / TEMPERATURE)
    absent = wanted == -torch.inf
    wanted = wanted.softmax(1)
    scaled = torch.zeros(len(names), requires_grad=True)
    optimiser = torch.optim.LBFGS([scaled], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        found = (inputs @ (scaled / scale)).masked_fill(absent, -1e9).log_softmax(1)
        value = -(wanted * found).masked_fill(absent, 0.0).sum(1).mean()
        value = value + RIDGE * (scaled**2).sum()
        torch.autograd.backward(value)
        return value

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    weights: list[float] = (scaled.detach() / scale).tolist()
    # Put in afterwards: put in before, the other weights would work against it.
    return {**dict(zip(names, weights, strict=True)), **SET_BY_HAND}


def best_sets(
    sets: Sequence[SentenceSet], scores: Array, *, keep: int = 8
) -> list[tuple[list[int], float]]:
    """Return the best sets as (indices in source order, score), best first."""
    order = np.argsort(-scores, kind="stable")[:keep]
    return [(list(sets[i].indices), round(float(scores[i]), 4)) for i in order]


def cross_validate(rows: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    """Return the summaries of leads, and of tables fitted without the articles they are tried on.

    Args:
        rows: Articles with `sentences` and `summary`.
    """
    sets = [candidate_sets(row["sentences"]) for row in rows]
    examples = [
        example(row["sentences"], found, row["summary"])
        for row, found in zip(rows, sets, strict=True)
    ]
    generator = np.random.default_rng(0)
    fold = generator.permutation(len(rows)) % FOLDS
    chosen, tossed, best = [""] * len(rows), [""] * len(rows), [""] * len(rows)
    for part in range(FOLDS):
        weights = fit([examples[i] for i in np.flatnonzero(fold != part)])
        for i in map(int, np.flatnonzero(fold == part)):
            values = np.array([found.score(weights) for found in sets[i]])
            near = np.flatnonzero(values >= values.max() - NEAR)
            for texts, place in (
                (chosen, int(values.argmax())),
                (tossed, int(generator.choice(near))),
                (best, int(examples[i].scores.argmax())),
            ):
                texts[i] = " ".join(rows[i]["sentences"][j] for j in sets[i][place].indices)
    words = round(sum(len(text.split()) for text in chosen) / len(chosen))
    leads = [" ".join(row["sentences"]).split() for row in rows]
    return {
        "lead, 3 sentences": [" ".join(row["sentences"][:3]) for row in rows],
        "lead, sentences up to 75 words": [" ".join(first_words(r["sentences"], 75)) for r in rows],
        f"lead, cut to {words} words": [" ".join(lead[:words]) for lead in leads],
        "salience": chosen,
        f"salience, a coin within {NEAR}": tossed,
        "the best set there is": best,
    }


def compare(systems: Mapping[str, list[str]], wanted: Sequence[str], *, ours: str) -> list[str]:
    """Return a line a system: ROUGE in percent, words, and how far ours is above it.

    The difference is of ROUGE-1 and -Lsum, with the standard error of its mean over the articles.
    """
    scores = {
        name: [
            score_summaries([text], [digest]) for text, digest in zip(texts, wanted, strict=True)
        ]
        for name, texts in systems.items()
    }
    lines = []
    for name, found in scores.items():
        means = [float(np.mean([s[key] for s in found])) for key in found[0]]
        gains = []
        for key in ("rouge1", "rougeLsum"):
            gain = np.array([a[key] - b[key] for a, b in zip(scores[ours], found, strict=True)])
            gains.append(f"{gain.mean():+.2f} ± {gain.std() / len(gain) ** 0.5:.2f}")
        lines.append(
            f"{name:32} {' / '.join(f'{m:.1f}' for m in means[:3])}  {means[3]:.0f} words"
            f"  ours above it: {', '.join(gains)}"
        )
    return lines


def write_table(weights: Mapping[str, float], path: Path = TABLE) -> None:
    """Write the table that ships."""
    lines = [
        "# What each feature of a set of sentences is worth; for `pipeline/salience.py`.",
        "# Fitted to digests by `python -m scripts.train.salience --write`; set by hand: "
        + ", ".join(SET_BY_HAND)
        + ".",
        *(f"{name}\t{value:+.3f}" for name, value in weights.items()),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def with_digests(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the articles whose digests are trained on."""
    return [row for row in rows if row["kind"] == "digest"]


def main() -> None:
    from .articles import read_jsonl  # noqa: PLC0415 - which labels its articles with this module

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=Path(".train"))
    parser.add_argument("--write", action="store_true", help="replace the table that ships")
    options = parser.parse_args()
    rows = with_digests(read_jsonl(options.out / "articles.jsonl"))
    wanted = [row["summary"] for row in rows]
    print(*compare(cross_validate(rows), wanted, ours="salience"), sep="\n")
    if options.write:
        write_table(
            fit(
                [
                    example(row["sentences"], candidate_sets(row["sentences"]), row["summary"])
                    for row in rows
                ]
            )
        )


if __name__ == "__main__":
    main()
