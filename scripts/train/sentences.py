"""English sentences: where one ends, and how much two texts have in common.

Only the recipe uses this; the package has its own splitter for Dutch.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from rouge_score.tokenizers import DefaultTokenizer

# A full stop after one of these, or after a single capital, does not end a sentence.
_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof sen rep gov gen col capt lt sgt st jr sr rev hon "
    "inc corp co ltd plc bros vs no nos vol fig approx dept est etc "
    "jan feb mar apr jun jul aug sep sept oct nov dec u.s u.k u.n e.g i.e a.m p.m".split()
)
_BOUNDARY = re.compile(r"[.!?][\"'”’)\]]*\s+(?=[\"'“‘(\[£$€]?[A-Z0-9])")
_WORD = re.compile(r"[a-z0-9]+")
_tokenizer = DefaultTokenizer(use_stemmer=True)


def split_sentences(text: str) -> list[str]:
    """Split English prose into sentences, each with single spaces inside and none around."""
    sentences = []
    for paragraph in text.split("\n"):
        start = 0
        for match in _BOUNDARY.finditer(paragraph):
            last = paragraph[start : match.start()].rsplit(None, 1)[-1:]
            word = last[0].lstrip("\"'“‘([") if last else ""
            full_stop = paragraph[match.start()] == "."
            if full_stop and (word.lower() in _ABBREVIATIONS or re.fullmatch(r"[A-Z]", word)):
                continue
            sentences.append(paragraph[start : match.end()])
            start = match.end()
        sentences.append(paragraph[start:])
    return [" ".join(sentence.split()) for sentence in sentences if sentence.strip()]


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
