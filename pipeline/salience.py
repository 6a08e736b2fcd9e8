"""Which few sentences of an English article would make a good digest: a guess from plain features.

A set of sentences is scored by a log-linear model: where its sentences stand, how long they are,
how they open, what they share with the rest and with each other, and how long they are together.
The weights (`salience.tsv`) are fitted to written digests by ``scripts/train/salience.py``. A
small network learns less about what matters from a few hundred digests than two dozen numbers do;
so the numbers decide, and leave to the network what they cannot tell apart.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

_WORD = re.compile(r"[^\W\d_]{4,}(?:['’][^\W\d_]+)*")
_QUOTE = re.compile(r"[\"“”]")
_OPENING = r"[\"“'‘]?(?:{})\b"
_LINK = re.compile(
    _OPENING.format("But|And|However|Also|Meanwhile|So|Yet|Or|Although|Despite"),
)
_POINTER = re.compile(
    _OPENING.format("He|She|It|They|This|That|These|Those|We|I|His|Her|Their|Its"),
)
_SPEAKER = re.compile(r"\b(?:I|[Ww]e|[Yy]ou|[Mm]y|[Oo]ur)\b")
_FIGURE = re.compile(r"\d+")
_NAME = re.compile(r"(?<= )[A-Z]")
# Long enough to look like content, and in every text.
_COMMON = frozenset(
    "about after again against also among another because been before being between both came come "
    "could does done down during each even ever every from further going gone have having here "
    "hers herself himself however into itself just know last like made make many more most much "
    "must myself never next once only other ours over said same says shall should since some such "
    "than that their them then there these they this those though three through told under until "
    "very want well went were what when where which while will with within without would year "
    "years your".split()
)
# Words that begin alike count as one ("elect", "elected", "election").
_STEM = 6
_PLACES = 4
# Sets whose logarithm of likelihood is at most this much below the best are as good as equal: in
# cross-validation a coin tossed among them costs 0.1 points of ROUGE-1.
NEAR = 0.03
_KEEP = 8
# The sentences looked at: the first, up to so many times the most words of a digest.
_REACH, _WINDOW = 3, 24
# Sets under way that are kept for each ten words of length: enough to find the likeliest (of 512
# texts as many as 20 found the same ones as 200), and most of them to fit weights to.
_BREADTH, _BREADTH_TO_FIT = 60, 200


@dataclass(frozen=True, slots=True)
class SentenceSet:
    """Some sentences of a text, and what is known of them together.

    Attributes:
        indices: Which, in the order of the text.
        words: Their length together.
        features: By the names of the table, not yet weighed.
    """

    indices: tuple[int, ...]
    words: int
    features: Mapping[str, float]

    def score(self, weights: Mapping[str, float]) -> float:
        """The logarithm of how likely a digest is to be nearest to this set, up to a constant."""
        return sum(weights.get(name, 0.0) * value for name, value in self.features.items())


def read_weights(path: Path) -> dict[str, float]:
    """The table of weights: a feature and its weight a line, divided by a tab.

    Raises:
        ValueError: A line is something else; the message names the file and the line.
    """
    weights = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        try:
            name, weight = line.split("\t")
            weights[name] = float(weight)
        except ValueError:
            raise ValueError(
                f"{path}, line {number}: {line!r} is not a feature and its weight, divided by a tab"
            ) from None
    return weights


TABLE = Path(__file__).with_name("salience.tsv")
WEIGHTS = read_weights(TABLE)


def likely_sets(sentences: Sequence[str], *, fewest: int, most: int) -> list[tuple[int, ...]]:
    """The sets of sentences that are likeliest to make a digest, best first.

    Args:
        sentences: Of an English text, in order; at least one.
        fewest: A set has at least this many words, or the most that can be had within ``most``.
        most: A set has at most this many words, or those of the shortest sentence if that has more.

    Returns:
        The best set, and those that are hardly less likely; each as indices in order.
    """
    found = _Table(sentences, most=most, weights=WEIGHTS).sets(fewest=fewest, breadth=_BREADTH)
    order = np.argsort(-found.scores, kind="stable")[:_KEEP]
    near = order[found.scores[order] >= found.scores[order[0]] - NEAR]
    return [found.indices(place) for place in near.tolist()]


def sentence_sets(
    sentences: Sequence[str],
    *,
    fewest: int,
    most: int,
    weights: Mapping[str, float] = WEIGHTS,
) -> list[SentenceSet]:
    """All sets of the right length, or, of texts of many short sentences, the likeliest ones.

    Args:
        sentences: As for `likely_sets`.
        fewest: As for `likely_sets`.
        most: As for `likely_sets`.
        weights: Decide which sets are left out where there are too many.
    """
    table = _Table(sentences, most=most, weights=weights)
    found = table.sets(fewest=fewest, breadth=_BREADTH_TO_FIT)
    return [
        SentenceSet(indices, words, table.features(indices, share))
        for indices, words, share in zip(
            map(found.indices, range(len(found.words))),
            found.words.tolist(),
            found.shares.tolist(),
            strict=True,
        )
    ]


@dataclass(frozen=True, slots=True)
class _Sets:
    """Sets of sentences, side by side.

    Attributes:
        members: Which sentences are in which, *Shape:* ``[sets, sentences]`` bool.
        words: Their lengths, *Shape:* ``[sets]``.
        shares: Lengths against the middle of the bounds, *Shape:* ``[sets]``.
        scores: *Shape:* ``[sets]``.
    """

    members: npt.NDArray[np.bool_]
    words: npt.NDArray[np.int64]
    shares: npt.NDArray[np.float64]
    scores: npt.NDArray[np.float64]

    def indices(self, place: int) -> tuple[int, ...]:
        return tuple(np.flatnonzero(self.members[place]).tolist())


class _Table:
    """The features of a text's sentences and pairs, each worked out once.

    Args:
        sentences: Of a text.
        most: The most words of a set.
        weights: Of the features.
    """

    def __init__(
        self, sentences: Sequence[str], *, most: int, weights: Mapping[str, float]
    ) -> None:
        sizes = [len(sentence.split()) for sentence in sentences]
        self._window = _window(sizes, most=most)
        self._most = max(most, min(sizes[: self._window]))
        self._sizes = sizes
        self._weights = weights
        content = [_content(sentence) for sentence in sentences]
        counts = Counter(word for words in content for word in words)
        near = range(self._window)
        self._single = [
            _describe(sentences[i], place=i, of=len(sentences), words=sizes[i])
            | _recurring(content[i], counts, place=i)
            for i in near
        ]
        self._points = [i > 0 and _POINTER.match(sentences[i]) is not None for i in near]
        self._shared = np.array([[len(content[i] & content[j]) / 5 for j in near] for i in near])

    def sets(self, *, fewest: int, breadth: int) -> _Sets:
        """All sets within the bounds, scored; or the likeliest, where there are too many."""
        weight = self._weights.get
        joint, follows, alone = (
            weight(name, 0.0) for name in ("shared", "neighbours", "pronoun alone")
        )
        members = np.zeros((1, self._window), dtype=np.bool_)
        words, scores = np.zeros(1, dtype=np.int64), np.zeros(1)
        for index in range(self._window):
            fits = words + self._sizes[index] <= self._most
            longer = members[fits]
            before = longer[:, index - 1] if index else np.zeros(len(longer), dtype=np.bool_)
            gains = self._weigh(self._single[index]) + joint * (longer @ self._shared[index])
            gains += np.where(before, follows, alone * self._points[index])
            longer[:, index] = True
            members = np.concatenate([members, longer])
            words = np.concatenate([words, words[fits] + self._sizes[index]])
            scores = np.concatenate([scores, scores[fits] + gains])
            if len(scores) > breadth:
                kept = _likeliest(words // 10, scores, count=breadth)
                members, words, scores = members[kept], words[kept], scores[kept]
        fewest = min(fewest, int(words.max()))
        right = (words >= fewest) & (words > 0)
        members, words, scores = members[right], words[right], scores[right]
        shares = words / ((fewest + self._most) / 2)
        scores += weight("length", 0.0) * shares + weight("length squared", 0.0) * shares**2
        return _Sets(members, words, shares, scores)

    def features(self, indices: tuple[int, ...], share: float) -> dict[str, float]:
        """The features of a set, of a length against the middle of the bounds."""
        total: defaultdict[str, float] = defaultdict(float)
        for place, index in enumerate(indices):
            before = indices[:place]
            follows = index - 1 in before
            for name, value in self._single[index].items():
                total[name] += value
            total["shared"] += float(self._shared[index, list(before)].sum())
            total["neighbours"] += float(follows)
            total["pronoun alone"] += float(self._points[index] and not follows)
        return {**total, "length": share, "length squared": share**2}

    def _weigh(self, features: Mapping[str, float]) -> float:
        return sum(self._weights.get(name, 0.0) * value for name, value in features.items())


def _likeliest(
    groups: npt.NDArray[np.int64], scores: npt.NDArray[np.float64], *, count: int
) -> npt.NDArray[np.int64]:
    """The places of the best ``count`` of each group, in order."""
    order = np.lexsort((-scores, groups))
    ranked = groups[order]
    rank = np.arange(len(order)) - np.searchsorted(ranked, ranked)
    return np.sort(order[rank < count])


def _window(sizes: Sequence[int], *, most: int) -> int:
    """How many sentences from the start are looked at."""
    total = 0
    for index, size in enumerate(sizes[:_WINDOW]):
        if total > _REACH * most:
            return index
        total += size
    return min(len(sizes), _WINDOW)


def _content(sentence: str) -> frozenset[str]:
    words = (word.lower().replace("’", "'") for word in _WORD.findall(sentence))
    return frozenset(word.removesuffix("'s")[:_STEM] for word in words if word not in _COMMON)


def _describe(sentence: str, *, place: int, of: int, words: int) -> dict[str, float]:
    size, names = words / 20, len(_NAME.findall(sentence)) / 5
    features = {
        "log place": math.log1p(place),
        "share before": place / of,
        "words": size,
        "words, faded": size / (1 + place),
        "quote": float(_QUOTE.search(sentence) is not None),
        "half a quote": float(_unbalanced(sentence)),
        "question": float("?" in sentence),
        "linking word": float(_LINK.match(sentence) is not None),
        "pronoun": float(_POINTER.match(sentence) is not None),
        "speaker": float(_SPEAKER.search(sentence) is not None),
        "figures": len(_FIGURE.findall(sentence)) / 2,
        "names": names,
        "names, faded": names / (1 + place),
    }
    return features | ({f"place {place + 1}": 1.0} if place < _PLACES else {})


def _unbalanced(sentence: str) -> bool:
    """Whether a quotation begins in another sentence, or ends there."""
    return sentence.count('"') % 2 == 1 or sentence.count("“") != sentence.count("”")


def _recurring(content: frozenset[str], counts: Counter[str], *, place: int) -> dict[str, float]:
    """How much a sentence has of what the text keeps coming back to."""
    central = sum(math.log(counts[word]) for word in content) / 10
    return {"recurring": central, "recurring, faded": central / (1 + place)}


def feature_names() -> Iterator[str]:
    """The features, in the order of the table."""
    yield from (f"place {place}" for place in range(1, _PLACES + 1))
    yield from ("log place", "share before", "words", "words, faded", "quote")
    yield from (
        "half a quote",
        "question",
        "linking word",
        "pronoun",
        "pronoun alone",
        "speaker",
        "figures",
        "names",
        "names, faded",
    )
    yield from ("recurring", "recurring, faded", "shared", "neighbours", "length", "length squared")
