"""Guess which sentences a digest would take, for articles that have no digest.

A few hundred digests are too few to teach a network what matters in an article, but enough for a
linear model of some forty features of a set of sentences: where they stand, how long they are, what
they share with the rest. It is fitted to the ROUGE of sets against the digests, then labels the
other articles, which are four times as many. The network learns from both.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from .sentences import overlap_f1, words

WINDOW = 20  # sentences from the start that are considered
# The words of a summary: a digest has 45 to 70, and whole sentences cannot be cut to measure.
SHORTEST, LONGEST = 35, 85
_SPEECH = re.compile(r"\b(said|says|told|added)\b")
_LINK = re.compile(r"(But|And|However|Also|Meanwhile)\b")
_POINTER = re.compile(r"(He|She|It|They|This|That|These|We|I)\b")
Array = np.ndarray


def sentence_sets(sentences: Sequence[str]) -> Array:
    """Return the sets of one to four sentences of the right length, (sets, sentences) of 0 and 1.

    Only the first `WINDOW` sentences are columns; sets of four are drawn from the first ten.
    """
    sizes = [len(sentence.split()) for sentence in sentences[:WINDOW]]
    chosen = [
        subset
        for count in range(1, 5)
        for subset in combinations(range(len(sizes) if count < 4 else min(10, len(sizes))), count)
        if SHORTEST <= sum(sizes[i] for i in subset) <= LONGEST
    ]
    matrix = np.zeros((len(chosen), len(sizes)), np.float32)
    for row, subset in enumerate(chosen):
        matrix[row, list(subset)] = 1
    return matrix


@dataclass(frozen=True, slots=True)
class Salience:
    """A linear model of how well a set of sentences would match a digest.

    Attributes:
        rarity: inverse document frequency of each word.
        weights: one per feature; empty until fitted.
    """

    rarity: dict[str, float]
    weights: Array

    @classmethod
    def count(cls, articles: Iterable[Sequence[str]]) -> Salience:
        """Count in how many articles each word occurs; the weights stay to be fitted."""
        seen: Counter[str] = Counter()
        total = 0
        for sentences in articles:
            total += 1
            seen.update({word for sentence in sentences for word in words(sentence)})
        rarity = {word: math.log(total / (1 + count)) for word, count in seen.items()}
        return cls(rarity, np.zeros(0))

    def fit(
        self, examples: Iterable[tuple[Sequence[str], str]], *, ridge: float = 0.01
    ) -> Salience:
        """Fit the weights to (sentences, digest) pairs by ridge regression within each article."""
        inputs, outputs = [], []
        for sentences, digest in examples:
            sets = sentence_sets(sentences)
            if not len(sets):
                continue
            features, scores = self._features(sentences, sets), rouge(sentences, sets, digest)
            order = np.argsort(-scores, kind="stable")
            # All the good sets, and every so often one of the others.
            rows = np.concatenate([order[:100], order[100 :: max(1, len(order) // 200)]])
            inputs.append(features[rows] - features.mean(0))
            outputs.append(scores[rows] - scores.mean())
        if not inputs:
            raise ValueError("no article with a digest is long enough to learn salience from")
        matrix, target = np.concatenate(inputs), np.concatenate(outputs)
        scale = matrix.std(0) + 1e-6
        scaled = matrix / scale
        square = scaled.T @ scaled / len(scaled) + ridge * np.eye(scaled.shape[1])
        return Salience(
            self.rarity, np.linalg.solve(square, scaled.T @ target / len(scaled)) / scale
        )

    def score(self, sentences: Sequence[str], sets: Array) -> Array:
        """Return the expected ROUGE F1 of each set, up to a constant of the article; (sets,)."""
        scores: Array = self._features(sentences, sets) @ self.weights
        return scores

    def _features(self, sentences: Sequence[str], sets: Array) -> Array:
        """Return (sets, features): sums over the sentences, then what concerns the whole set."""
        window = sentences[: sets.shape[1]]
        tokens = [set(words(sentence)) for sentence in window]
        counts = Counter(word for sentence in sentences for word in words(sentence))
        single = np.array(
            [
                _place(index, len(sentences))
                + _weigh(
                    index, self._content(text, tokens[index], tokens[0] if index else set(), counts)
                )
                for index, text in enumerate(window)
            ]
        )
        shared = np.zeros((len(window), len(window)))
        for first, second in combinations(range(len(window)), 2):
            shared[first, second] = sum(
                self.rarity.get(word, 0) for word in tokens[first] & tokens[second]
            )
        sizes = np.array([len(sentence.split()) for sentence in window])
        total = sets @ sizes / 60
        neighbours = (sets[:, 1:] * sets[:, :-1]).sum(1)
        number = sets.sum(1)
        return np.column_stack(
            [
                sets @ single,
                total,
                total**2,
                total**3,
                np.einsum("si,ij,sj->s", sets, shared / 10, sets),
                neighbours,
                *(number == count for count in range(1, 5)),
                sets[:, 0],
            ]
        )

    def _content(
        self, text: str, tokens: set[str], lead: set[str], counts: Counter[str]
    ) -> list[float]:
        """Describe a sentence: its length, its manner, and what it shares with the article."""
        size = len(text.split())
        known = {word: self.rarity.get(word, 0.0) for word in tokens}
        total = sum(known.values()) + 1e-6
        central = sum(rare * math.log(counts[word]) for word, rare in known.items())
        return [
            size / 25,
            (size / 25) ** 2,
            size < 10,
            size > 35,
            '"' in text,
            text.startswith('"'),
            _SPEECH.search(text) is not None,
            _LINK.match(text) is not None,
            _POINTER.match(text) is not None,
            text.endswith("?"),
            " we " in text or "I " in text,
            len(re.findall(r"\d+", text)) / 2,
            len(re.findall(r"(?<= )[A-Z]", text)) / 5,
            sum(rare for word, rare in known.items() if counts[word] > 1) / total,
            central / 10,
            central / total,
            sum(rare for word, rare in known.items() if word in lead) / total,
        ]


def _place(index: int, length: int) -> list[float]:
    slots = [float(min(index, 11) == slot) for slot in range(12)]
    return [*slots, index / length, math.log1p(index)]


def _weigh(index: int, content: list[float]) -> list[float]:
    """Give the content twice: as it is, and fading with the distance from the start."""
    return [float(value) for value in content] + [value / (1 + index) for value in content]


def rouge(sentences: Sequence[str], sets: Array, reference: str) -> Array:
    """Return the mean of ROUGE-1 and ROUGE-2 F1 of each set against a reference; (sets,)."""
    window = sentences[: sets.shape[1]]
    one, two = (overlap_f1(window, sets, reference, size=size) for size in (1, 2))
    scores: Array = (one + two) / 2
    return scores


def best_sets(sets: Array, scores: Array, *, keep: int = 8) -> list[tuple[list[int], float]]:
    """Return the best sets as (indices in source order, score), best first."""
    order = np.argsort(-scores, kind="stable")[:keep]
    return [(np.flatnonzero(sets[i]).tolist(), round(float(scores[i]), 4)) for i in order]
