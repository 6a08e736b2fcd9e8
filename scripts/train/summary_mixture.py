"""What the summariser is shown: articles to copy from, to restore, to choose from and to digest.

A name in a stage's mixture is a task and a kind of article, such as `copy:reuters`:

- `copy`: some of the source's sentences, at random; teaches copying.
- `denoise`: the source with spans masked and its sentences shuffled, to be restored (BART, Lewis et
  al. 2020).
- `gap`: the source without the sentences that a digest would take, which are to be written
  (PEGASUS, Zhang et al. 2020).
- `headline`: the title. The source begins with a mask, so that headlines stay a thing apart.
- `choose`: the best set of whole sentences.
- `digest`: the digest itself.

No torch here: a worker process has no use for it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from .choices import BOS, EOS, MASK, choice_points


@dataclass(frozen=True, slots=True)
class Article:
    """An article in token ids.

    Attributes:
        kind: held, digest, bbc, reuters or run.
        sentences: Ids of each sentence.
        sizes: Words of each sentence.
        targets: (indices of sentences, score) of its best summaries.
        title: Ids of its title; empty if it has none.
        summary: Ids of its digest; empty if it has none.
    """

    kind: str
    sentences: list[list[int]]
    sizes: list[int]
    targets: list[tuple[list[int], float]]
    title: list[int]
    summary: list[int]


@dataclass(frozen=True, slots=True)
class Example:
    """A source and a summary, in token ids, and the positions of the summary that are choices."""

    source: list[int]
    labels: list[int]
    points: list[tuple[int, list[int]]]
    choosing: bool


def read_rows(path: Path, tokenizer: Tokenizer, *, kinds: Sequence[str]) -> list[Article]:
    """Read the rows of the given kinds from `articles.jsonl`."""
    articles = []
    with path.open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if row["kind"] not in kinds:
                continue
            texts = [*row["sentences"], row.get("title", ""), row.get("summary", "")]
            ids = [item.ids for item in tokenizer.encode_batch(texts, add_special_tokens=False)]
            articles.append(
                Article(
                    row["kind"],
                    ids[:-2],
                    [len(sentence.split()) for sentence in row["sentences"]],
                    [(list(indices), score) for indices, score in row.get("targets", [])],
                    ids[-2] if row.get("title") else [],
                    ids[-1] if row.get("summary") else [],
                )
            )
    return articles


def load_mixture(
    articles: Path, tokenizer: Path, *, settings: dict[str, Any], seed: int
) -> SummaryMixture:
    """Read the articles to train on and make their mixture: what a worker process does."""
    rows = read_rows(
        articles,
        Tokenizer.from_file(str(tokenizer)),
        kinds=("digest", "bbc", "reuters", "run"),
    )
    return SummaryMixture(rows, settings=settings, seed=seed)


class SummaryMixture:
    """The mixture of tasks, moving from one to the next as training progresses."""

    def __init__(self, train: list[Article], *, settings: dict[str, Any], seed: int) -> None:
        self.settings, self.seed = settings, seed
        self.pools: dict[str, list[Article]] = {}
        for article in train:
            self.pools.setdefault(article.kind, []).append(article)
            if article.title:
                self.pools.setdefault(f"headline:{article.kind}", []).append(article)
        self.vocabulary = 1 + max(
            token for article in train for sentence in article.sentences for token in sentence
        )

    def round(self, number: int, *, progress: float) -> list[list[Example]]:
        """Draw the batches of a round, each of at most `batch_tokens` source positions."""
        generator = np.random.default_rng((self.seed, number))
        stages = self.settings["stages"]
        stage = next(s for s in stages if progress < s["until"] or s is stages[-1])
        names = list(stage["mixture"])
        weights = np.array([stage["mixture"][name] for name in names], float)
        drawn = generator.choice(len(names), self.settings["round"], p=weights / weights.sum())
        examples = [self._draw(names[i], stage, generator) for i in drawn]
        examples.sort(key=lambda example: (len(example.source), len(example.labels)))
        batches: list[list[Example]] = [[]]
        for example in examples:
            if (len(batches[-1]) + 1) * len(example.source) > self.settings["batch_tokens"]:
                batches.append([])
            batches[-1].append(example)
        return [batches[i] for i in generator.permutation(len(batches)) if batches[i]]

    def _draw(self, name: str, stage: dict[str, Any], generator: np.random.Generator) -> Example:
        """Draw one example; `name` is a task and a kind of article."""
        task, kind = name.split(":")
        pool = self.pools[name if task == "headline" else kind]
        article = pool[int(generator.integers(len(pool)))]
        sentences = article.sentences
        if task in ("copy", "denoise"):
            # Anywhere in the article, else only leads would be learnt by heart.
            sentences = sentences[int(generator.integers(max(1, len(sentences) - 4))) :]
        sentences = fit(sentences, stage["longest"] - 1)
        if task == "denoise":
            return self._denoise(sentences, generator)
        if task == "headline":
            return _plain([[MASK], *sentences], article.title)
        if task == "digest":
            return _plain(sentences, article.summary)
        chosen = self._choose(task, article, len(sentences), generator)
        if task == "gap":
            left = [[MASK] if i in chosen else s for i, s in enumerate(sentences)]
            return _plain(left, [token for i in chosen for token in sentences[i]])
        share, swapped = stage["disguise"]
        if generator.random() < share:
            sentences = self._disguise(sentences, swapped, generator)
        if task == "choose" and generator.random() < self.settings["intruder"]:
            other = pool[int(generator.integers(len(pool)))].sentences
            sentences = [other[int(generator.integers(len(other)))], *sentences]
            chosen = [index + 1 for index in chosen]
        labels, points = choice_points(sentences, chosen)
        return Example(_source(sentences), labels, points, task == "choose")

    def _choose(
        self, task: str, article: Article, available: int, generator: np.random.Generator
    ) -> list[int]:
        if task == "copy":
            count = int(generator.integers(1, 4))
            picked = generator.choice(available, min(count, available), replace=False)
            return sorted(int(i) for i in picked)
        targets = [(t, score) for t, score in article.targets if t[-1] < available]
        if targets:
            # Sets nearly as good as the best are nearly as true: sample, do not insist.
            scores = np.array([score for _, score in targets])
            odds = np.exp((scores - scores.max()) / self.settings["temperature"])
            return targets[int(generator.choice(len(targets), p=odds / odds.sum()))][0]
        return lead(article.sizes[:available], self.settings["lead_words"])

    def _denoise(self, sentences: list[list[int]], generator: np.random.Generator) -> Example:
        """Mask spans of a few tokens, each by one `<mask>`, and shuffle the sentences."""
        longest = self.settings["denoise_target"]
        kept = fit(sentences, longest)
        masked = [mask_spans(sentence, self.settings["mask_share"], generator) for sentence in kept]
        order = generator.permutation(len(masked)) if generator.random() < 0.5 else range(len(kept))
        return _plain([masked[i] for i in order], [t for sentence in kept for t in sentence])

    def _disguise(
        self, sentences: list[list[int]], share: float, generator: np.random.Generator
    ) -> list[list[int]]:
        """Swap a share of the vocabulary for other tokens, in source and summary alike.

        A model that knows its words by heart need not look at the source; this one must.
        """
        mapping = np.arange(self.vocabulary)
        swapped = 5 + np.flatnonzero(generator.random(self.vocabulary - 5) < share)
        mapping[swapped] = generator.integers(5, self.vocabulary, len(swapped))
        return [mapping[sentence].tolist() for sentence in sentences]


def mask_spans(tokens: list[int], share: float, generator: np.random.Generator) -> list[int]:
    """Replace about `share` of the tokens by masks, one for each span of Poisson(3) tokens."""
    masked: list[int] = []
    index = 0
    while index < len(tokens):
        # Spans are three tokens long on average, so a third as many must begin.
        if generator.random() < share / 3:
            length = max(1, int(generator.poisson(3)))
            masked.append(MASK)
            index += length
        else:
            masked.append(tokens[index])
            index += 1
    return masked


def _source(sentences: Sequence[Sequence[int]]) -> list[int]:
    return [BOS, *(token for sentence in sentences for token in sentence), EOS]


def _plain(sentences: Sequence[Sequence[int]], target: Sequence[int]) -> Example:
    return Example(_source(sentences), [BOS, *target, EOS], [], False)


def fit(sentences: list[list[int]], longest: int) -> list[list[int]]:
    """Keep the first sentences that fit in `longest` tokens with `<s>` and `</s>`; at least one."""
    kept: list[list[int]] = []
    room = longest - 2
    for sentence in sentences:
        if len(sentence) > room and kept:
            break
        kept.append(sentence[:room])
        room -= len(kept[-1])
    return kept


def lead(sizes: Sequence[int], most: int) -> list[int]:
    """Return the indices of the first sentences that together have at most `most` words."""
    total = 0
    chosen: list[int] = []
    for index, size in enumerate(sizes):
        if chosen and total + size > most:
            break
        total += size
        chosen.append(index)
    return chosen
