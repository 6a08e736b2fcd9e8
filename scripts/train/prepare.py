"""Read the corpora once and write what the two trainings read: `articles.jsonl`, `pairs.tsv`."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

from .articles import read_articles
from .mono import prepare_mono
from .pairs import read_pairs


def prepare_articles(data: Path, out: Path) -> Counter[str]:
    """Write `articles.jsonl` and return how many rows of each kind it has."""
    counts: Counter[str] = Counter()
    with (out / "articles.jsonl").open("w", encoding="utf-8") as target:
        for row in read_articles(data):
            counts[row["kind"]] += 1
            target.write(json.dumps(row, ensure_ascii=False) + "\n")
    return counts


def prepare_pairs(data: Path, out: Path, *, refused: Counter[str] | None = None) -> Counter[str]:
    """Write `pairs.tsv` and return how many rows of each group it has."""
    counts: Counter[str] = Counter()
    with (out / "pairs.tsv").open("w", encoding="utf-8") as target:
        for row in read_pairs(data, written=out / "written", refused=refused):
            counts[row[2]] += 1
            target.write("\t".join(row) + "\n")
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path(".train"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    print(dict(prepare_articles(options.data, options.out)))
    refused: Counter[str] = Counter()
    kept = prepare_pairs(options.data, options.out, refused=refused)
    for group, count in sorted(kept.items()):
        reasons = {
            name.removeprefix(f"{group}: "): number
            for name, number in refused.most_common()
            if name.startswith(f"{group}: ")
        }
        print(f"{group:20} {count + sum(reasons.values()):7} read {count:7} kept", reasons)
    print(f"{prepare_mono(options.out)} English sentences to translate back")


if __name__ == "__main__":
    main()
