"""What is decoded: real Dutch sentences for the bundled model, random ids for copy models.

No two inputs are equal, since the engine decodes equal ones once and its peers do not.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pipeline
from pipeline.article import Article
from pipeline.clean import clean
from pipeline.split import split_sentences
from scripts.benchmark.shapes import Lengths

# The lowest ids of a vocabulary are special ones.
_FIRST_WORD = 5
_WORDS = re.compile(r"\w+|[^\w\s]")
_SHORTEST_SENTENCE = 4  # words and marks; below are bylines and figures
_MARKUP = re.compile(r"(<[^>]*>)")


def sample_articles() -> list[Article]:
    """The shipped sample articles, as they lie in the package."""
    folder = Path(pipeline.__file__).parent / "samples"
    articles: list[Article] = []
    for path in sorted(folder.iterdir()):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".jsonl":
            rows = [json.loads(line) for line in text.splitlines()]
            articles += [Article(row["text"], title=row["title"]) for row in rows]
        else:
            articles.append(Article(text))
    return articles


def varied_articles(count: int) -> list[Article]:
    """Articles that share next to no sentence: the samples, then the samples with words left out.

    Copy number k of an article lacks every (k + 6)th word, outside of markup.
    """

    def copies() -> Iterator[Article]:
        samples = sample_articles()
        yield from samples
        for gap in range(7, 1000):
            for article in samples:
                yield Article(_thinned(article.text, gap=gap), title=article.title)

    return list(islice(copies(), count))


def sentences(count: int) -> list[str]:
    """Distinct Dutch sentences: those of the sample articles, then crossings of them.

    A crossing is the first half of one sentence and the second half of another; so words, and the
    distribution of lengths, are those of real sentences, though the sense is not.

    Raises:
        ValueError: More are wanted than there are crossings.
    """
    real = list(dict.fromkeys(_sample_sentences()))

    def crossed() -> Iterator[str]:
        halves = [_halved(sentence) for sentence in real]
        yield from real
        # A step that changes each time around pairs every first half with every second one.
        for step in range(1, len(halves)):
            for place, (left, _) in enumerate(halves):
                yield f"{left} {halves[(place + step) % len(halves)][1]}"

    found = list(islice(dict.fromkeys(crossed()), count))
    if len(found) < count:
        raise ValueError(f"{count} sentences are wanted but there are {len(found)}: ask for fewer")
    return found


def copy_inputs(
    config: Mapping[str, Any],
    *,
    count: int,
    sources: Lengths,
    outputs: Lengths | None = None,
    seed: int = 0,
) -> list[list[int]]:
    """Random inputs of a copy model, each with its end of sequence.

    Args:
        config: The model's ``config.json``.
        count: How many.
        sources: Their lengths, the end included.
        outputs: Lengths of the outputs, the end included, where those are to be shorter: an end of
            sequence is planted at that place of the source.
        seed: Of the random numbers.
    """
    draw = random.Random(seed)
    end = config["eos_token_id"]
    last = min(i for i in (config["vocab_size"], config["pad_token_id"]) if i > _FIRST_WORD)
    inputs = []
    for _ in range(count):
        ids = [draw.randrange(_FIRST_WORD, last) for _ in range(_length(sources, draw) - 1)]
        if config.get("forced_bos_token_id") is not None:
            ids[0] = config["forced_bos_token_id"]
        if outputs is not None:
            ids[min(_length(outputs, draw), len(ids)) - 1] = end
        inputs.append([*ids, end])
    return inputs


def _length(lengths: Lengths, draw: random.Random) -> int:
    drawn = round(draw.lognormvariate(lengths.mu, lengths.sigma))
    return max(lengths.shortest, min(lengths.longest, drawn))


def _sample_sentences() -> Iterator[str]:
    for article in sample_articles():
        for paragraph in clean(article.text, title=article.title).paragraphs:
            for sentence in split_sentences(paragraph):
                if len(_WORDS.findall(sentence.text)) >= _SHORTEST_SENTENCE:
                    yield " ".join(sentence.text.split())


def _halved(sentence: str) -> tuple[str, str]:
    words = sentence.split()
    middle = len(words) // 2
    return " ".join(words[:middle]), " ".join(words[middle:])


def _thinned(text: str, *, gap: int) -> str:
    number = 0

    def thin(match: re.Match[str]) -> str:
        nonlocal number
        number += 1
        return "" if number % gap == 0 else match.group()

    # Only small words and no capitals: headings, names and dates stay what they are.
    parts = _MARKUP.split(text)
    return "".join(
        part if part.startswith("<") else re.sub(r"\b[a-zé]+ ", thin, part) for part in parts
    )
