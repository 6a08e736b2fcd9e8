"""The English sentences that a reverse model translates back: news that has no Dutch yet."""

from __future__ import annotations

import json
from pathlib import Path


def prepare_mono(out: Path) -> int:
    """Write `mono.txt`, the English sentences to translate back, and return how many they are.

    They come from `articles.jsonl`; those that have a Dutch side already, and the articles held out
    for scoring summaries, are left out.
    """
    with (out / "pairs.tsv").open(encoding="utf-8") as lines:
        known = {line.rstrip("\n").split("\t")[1] for line in lines}
    with (out / "articles.jsonl").open(encoding="utf-8") as articles:
        rows = [json.loads(line) for line in articles]
    held = {sentence for row in rows if row["kind"] == "held" for sentence in row["sentences"]}
    mono = [
        sentence
        for sentence in dict.fromkeys(
            sentence
            for row in rows
            if row["kind"] in ("digest", "bbc", "reuters")
            for sentence in row["sentences"]
        )
        if sentence not in known and sentence not in held and 4 <= len(sentence.split()) <= 60
    ]
    (out / "mono.txt").write_text("".join(f"{line}\n" for line in mono), encoding="utf-8")
    return len(mono)
