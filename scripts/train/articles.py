"""English articles for the summariser: read, clean, and mark the sentences worth choosing."""

from __future__ import annotations

import hashlib
import json
import lzma
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from .salience import best_sets, candidate_sets, example, fit, rouge, with_digests
from .sentences import split_sentences

HELD_DIGESTS = 60

# Reuters of 1987 wrote telegraph English; the summariser will read translations.
_WIRE = [
    (re.compile(rf"\b{short}\b", re.IGNORECASE), full)
    for short, full in {
        "mln": "million",
        "bln": "billion",
        "pct": "percent",
        "dlrs": "dollars",
        "dlr": "dollar",
        "cts": "cents",
        "stg": "sterling",
        "vs": "versus",
    }.items()
]
_TICKER = re.compile(r"\s*<[A-Z0-9.]+>")


def read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a `.jsonl` or `.jsonl.xz` file."""
    content = path.read_bytes()
    text = (lzma.decompress(content) if path.suffix == ".xz" else content).decode("utf-8")
    for line in text.splitlines():
        yield json.loads(line)


def held_digests(digests: list[dict[str, Any]]) -> set[str]:
    """Choose the digests kept for evaluation: those whose ids have the lowest SHA-1."""
    ids = sorted((row["id"] for row in digests), key=lambda i: hashlib.sha1(i.encode()).hexdigest())
    return set(ids[:HELD_DIGESTS])


def clean_wire(text: str) -> str:
    """Spell out the telegraph abbreviations of Reuters-21578 and drop its ticker symbols."""
    text = _TICKER.sub("", text)
    for pattern, full in _WIRE:
        text = pattern.sub(full, text)
    # The wire capitalised whatever followed "U.S."; a digit table is no prose.
    return re.sub(r"(?<=U\.S\.) (Dollar|Officials?|Economy)", lambda m: m[0].lower(), text)


def _is_prose(sentences: list[str]) -> bool:
    text = " ".join(sentences)
    digits = sum(character.isdigit() for character in text)
    return len(sentences) >= 3 and len(text.split()) >= 50 and digits < 0.08 * len(text)


def _row(identity: str, kind: str, sentences: list[str], **more: str) -> dict[str, Any]:
    return {"id": identity, "kind": kind, "sentences": sentences, **more}


def read_articles(data: Path) -> list[dict[str, Any]]:
    """Return the rows of `articles.jsonl`.

    A row has `id`, `kind` (held, digest, bbc, reuters, run) and `sentences`; held ones and digests
    also `summary`; those and the other BBC articles `targets`: pairs (indices of sentences, score),
    the best sets first, scored by ROUGE against the digest or as `salience` expects it.
    """
    english = data / "english"
    digests = list(read_jsonl(english / "digests.jsonl"))
    held = held_digests(digests)
    rows = []
    for row in digests:
        kind = "held" if row["id"] in held else "digest"
        sentences = split_sentences(row["article"])
        rows.append(_row(row["id"], kind, sentences, title=row["title"], summary=row["summary"]))
    summarised = {row["id"] for row in digests}
    for row in read_jsonl(english / "bbc-summaries.jsonl.xz"):
        if row["id"] not in summarised:
            sentences = split_sentences(row["article"])
            rows.append(_row(row["id"], "bbc", sentences, title=row["title"]))
    # The corpus holds some articles twice under other ids: a held one must not come back.
    known = {text for row in rows if row["kind"] == "held" for text in _marks(row)}
    rows = [row for row in rows if row["kind"] == "held" or not known & _marks(row)]
    _mark_targets(rows)
    for row in read_jsonl(english / "reuters-headlines.jsonl.xz"):
        sentences = split_sentences(clean_wire(row["article"]))
        if _is_prose(sentences):
            rows.append(_row(row["id"], "reuters", sentences))
    return rows + list(_news_runs(data / "nl-en" / "news.tsv"))


def _marks(row: dict[str, Any]) -> set[str]:
    return {row["title"], row["sentences"][0]}


def _mark_targets(rows: list[dict[str, Any]]) -> None:
    """Add `targets` to articles: by their digest, or by a model fitted to the others' digests."""
    sets = {row["id"]: candidate_sets(row["sentences"]) for row in rows}
    weights = fit(
        [example(row["sentences"], sets[row["id"]], row["summary"]) for row in with_digests(rows)]
    )
    for row in rows:
        found = sets[row["id"]]
        if "summary" in row:
            scores = rouge(row["sentences"], found, row["summary"])
        else:
            scores = np.array([chosen.score(weights) for chosen in found])
        row["targets"] = best_sets(found, scores)


def _news_runs(path: Path) -> Iterator[dict[str, Any]]:
    """Yield runs of 12 neighbouring English sentences of the translation corpus, to copy from.

    The BBC sentences are left out: they are in the articles, held ones among them.
    """
    rows = (line.rstrip("\n").split("\t") for line in path.open(encoding="utf-8"))
    for origin, group in groupby(rows, key=lambda row: row[2]):
        if origin == "bbc2004":
            continue
        sentences = [row[1] for row in group]
        for start in range(0, len(sentences) - 5, 12):
            yield _row(f"{origin}/{start}", "run", sentences[start : start + 12])
