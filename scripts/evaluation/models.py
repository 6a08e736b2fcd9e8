"""Score a preset's models as a user runs them: through the stages, checks included.

    scripts/evaluate models [--config NAME] [--data FOLDER] [--sentences N] [--json]

Translation: BLEU and chrF (sacrebleu) on FLORES-200 dev and NTREX-128, and how often a doubt
remains. Summary: ROUGE F1 (stemmed) on the newsroom digests that the training held out, beside the
lead of three sentences, the lead of the same length, and random sentences of that length.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from pipeline.config import Config
from pipeline.split import split_sentences
from pipeline.summarise import Summariser
from pipeline.translate import Translator
from scripts.train.articles import held_digests, read_jsonl
from scripts.train.evaluate import first_words, read_dev, score_summaries

Row = dict[str, Any]


def translation_rows(config: Config, *, data: Path, most: int | None) -> Iterator[Row]:
    """One row a test set: scores, and the share of sentences with each kind of doubt, in percent.

    Args:
        config: Names the model and the search.
        data: The corpora's folder.
        most: Only the first so many sentences.
    """
    translator = Translator.load(config)
    for name in ("flores", "ntrex"):
        pairs = read_dev(data / "nl-en" / f"{name}-dev.tsv", most=most)
        found = translator([dutch for dutch, _ in pairs])
        texts = [translation.text for translation in found]
        references = [[english for _, english in pairs]]
        bleu, chrf = BLEU(), CHRF()
        doubts = Counter(doubt.kind for translation in found for doubt in translation.doubts)
        yield {
            "set": f"{name} dev",
            "sentences": len(pairs),
            "BLEU": round(bleu.corpus_score(texts, references).score, 1),
            "chrF": round(chrf.corpus_score(texts, references).score, 1),
            **{f"{kind} %": round(100 * n / len(pairs), 2) for kind, n in doubts.most_common()},
            "signature": str(bleu.get_signature()),
        }


def summary_rows(config: Config, *, data: Path, most: int | None) -> Iterator[Row]:
    """One row a system: ROUGE-1, -2 and -Lsum F1 in percent, and the mean words of a summary.

    Args:
        config: Names the model, the lengths and the search.
        data: The corpora's folder.
        most: Only the first so many articles.
    """
    digests = list(read_jsonl(data / "english" / "digests.jsonl"))
    held = held_digests(digests)
    rows = [row for row in digests if row["id"] in held][:most]
    wanted = [row["summary"] for row in rows]
    articles = [_sentences(row["article"]) for row in rows]
    ours = [summary.text for summary in Summariser.load(config)([r["article"] for r in rows])]
    length = round(sum(len(text.split()) for text in ours) / len(ours))
    # A fixed seed: the baseline should not move between two runs.
    draw = random.Random(0)
    systems: dict[str, Sequence[str]] = {
        config.summarise.model: ours,
        "lead 3": [" ".join(article[:3]) for article in articles],
        f"lead {length} words": [" ".join(first_words(a, length)) for a in articles],
        "lead 75 words": [" ".join(first_words(a, 75)) for a in articles],
        "random sentences": [
            " ".join(first_words(draw.sample(a, len(a)), length)) for a in articles
        ],
    }
    for name, texts in systems.items():
        scores = score_summaries(texts, wanted)
        yield {"system": name, "articles": len(rows)} | {k: round(v, 1) for k, v in scores.items()}


def _sentences(text: str) -> list[str]:
    return [" ".join(s.text.split()) for s in split_sentences(text, language="en")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--config", default="compact", help="a preset's name or a YAML file")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sentences", type=int, help="score only the first rows of each set")
    parser.add_argument("--json", action="store_true", help="print JSON lines")
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.exit(f"no corpora at {options.data}; give their folder with --data")
    config = Config.load(options.config)
    for rows in (translation_rows, summary_rows):
        for row in rows(config, data=options.data, most=options.sentences):
            if options.json:
                print(json.dumps(row), flush=True)
            else:
                print("  ".join(f"{name} {value}" for name, value in row.items()), flush=True)


if __name__ == "__main__":
    main()
