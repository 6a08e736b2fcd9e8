"""English sentences, as the package splits them, and how much two texts have in common."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from rouge_score.tokenizers import DefaultTokenizer

import pipeline.split

_WORD = re.compile(r"[a-z0-9]+")
_tokenizer = DefaultTokenizer(use_stemmer=True)


def split_sentences(text: str) -> list[str]:
    """Split English prose into sentences, each with single spaces inside and none around."""
    return [
        " ".join(sentence.text.split())
        for paragraph in text.split("\n")
        for sentence in pipeline.split.split_sentences(paragraph, language="en")
    ]


@lru_cache(maxsize=200_000)
def _stem(word: str) -> str:
    return str(_tokenizer.tokenize(word)[0])


def words(text: str) -> list[str]:
    """Return the lower-cased, stemmed words of a text, as ROUGE counts them."""
    return [_stem(word) for word in _WORD.findall(text.lower())]


def _grams(text: str, size: int) -> Counter[tuple[str, ...]]:
    tokens = words(text)
    return Counter(zip(*(tokens[offset:] for offset in range(size)), strict=False))


def overlap_f1(
    candidates: Sequence[str], subsets: np.ndarray, reference: str, *, size: int
) -> np.ndarray:
    """Return the ROUGE F1, on n-grams of `size` words, of sets of sentences against a reference.

    Args:
        candidates: the sentences.
        subsets: (subsets, candidates) of 0 and 1. N-grams across two sentences are not counted.
        reference: the text to match.
        size: words in an n-gram.

    Returns:
        (subsets,), each from 0 to 1.
    """
    wanted = _grams(reference, size)
    index = {gram: column for column, gram in enumerate(wanted)}
    counts = np.zeros((len(candidates), len(wanted)), np.float32)
    lengths = np.zeros(len(candidates), np.float32)
    for row, candidate in enumerate(candidates):
        for gram, count in _grams(candidate, size).items():
            lengths[row] += count
            if gram in index:
                counts[row, index[gram]] = count
    overlap = np.minimum(subsets @ counts, np.array(list(wanted.values()), np.float32)).sum(1)
    total = subsets @ lengths + sum(wanted.values())
    scores: np.ndarray = 2 * overlap / np.maximum(total, 1)
    return scores
