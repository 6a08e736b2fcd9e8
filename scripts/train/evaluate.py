# ruff: noqa: ANN401 - transformers' types for `generate` and tokenizers are narrower than their use
"""Score a bundled model: BLEU and chrF of translations, ROUGE of summaries beside baselines."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rouge_score import rouge_scorer
from sacrebleu.metrics.bleu import BLEU, BLEUScore
from sacrebleu.metrics.chrf import CHRF, CHRFScore
from torch import Tensor
from transformers import AutoTokenizer, BartForConditionalGeneration, MarianMTModel, MarianTokenizer

from .choices import BOS, EOS, WholeSentences
from .sentences import split_sentences

_KINDS = ("rouge1", "rouge2", "rougeLsum")


def read_dev(path: Path, *, most: int | None = None) -> list[tuple[str, str]]:
    """Read the first `most` (Dutch, English) rows of a development set."""
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines()[:most]:
        dutch, english = line.split("\t")[:2]
        rows.append((dutch, english))
    return rows


def translate(
    model: Any, tokenizer: Any, sentences: Sequence[str], *, beams: int = 4, batch: int = 32
) -> list[str]:
    """Translate with Hugging Face's `generate`, longest first, and return in the given order."""
    order = sorted(range(len(sentences)), key=lambda i: -len(sentences[i]))
    found = [""] * len(sentences)
    device = next(model.parameters()).device
    for start in range(0, len(order), batch):
        rows = order[start : start + batch]
        encoded = tokenizer(
            [sentences[i] for i in rows], return_tensors="pt", padding=True, truncation=True
        ).to(device)
        length = 2 * encoded["input_ids"].shape[1] + 20
        with torch.inference_mode():
            output = model.generate(**encoded, num_beams=beams, max_length=min(512, length))
        texts = tokenizer.batch_decode(output, skip_special_tokens=True)
        for row, text in zip(rows, texts, strict=True):
            found[row] = text
    return found


def score_translations(found: Sequence[str], wanted: Sequence[str]) -> tuple[BLEUScore, CHRFScore]:
    """Return sacrebleu's BLEU and chrF with its default settings."""
    return (
        BLEU().corpus_score(found, [list(wanted)]),
        CHRF().corpus_score(found, [list(wanted)]),
    )


class Summariser:
    """A bundled summariser, decoded by Hugging Face's `generate`."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        self.model: Any = BartForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
        self.model.eval()  # type: ignore[no-untyped-call]

    def free(self, sentences: Sequence[str], **search: Any) -> str:
        """Summarise in the model's own words."""
        source = self._encode(sentences)[0]
        with torch.inference_mode():
            output = self.model.generate(torch.tensor([source]), **search)
        return str(self.tokenizer.decode(output[0], skip_special_tokens=True)).strip()

    def whole(self, sentences: Sequence[str], **search: Any) -> str:
        """Summarise in whole sentences of the source, in source order."""
        source, ids = self._encode(sentences)
        room = (search.get("max_length") or self.model.generation_config.max_length) - 3

        constraint = WholeSentences(ids, room=room)

        def allowed(_: int, written: Tensor) -> list[int]:
            tokens = written.tolist()
            # What is written begins with the decoder's start token and the forced <s>.
            return [BOS] if len(tokens) < 2 else constraint.allowed(tokens[2:])

        with torch.inference_mode():
            output = self.model.generate(
                torch.tensor([source]), prefix_allowed_tokens_fn=allowed, **search
            )
        return str(self.tokenizer.decode(output[0], skip_special_tokens=True)).strip()

    def _encode(
        self, sentences: Sequence[str], *, longest: int = 700
    ) -> tuple[list[int], list[list[int]]]:
        encoded = self.tokenizer(list(sentences), add_special_tokens=False)["input_ids"]
        kept: list[list[int]] = []
        for sentence in encoded:
            if kept and sum(map(len, kept)) + len(sentence) + 2 > longest:
                break
            kept.append(sentence[: longest - 2])
        return [BOS, *(token for sentence in kept for token in sentence), EOS], kept


def first_words(sentences: Sequence[str], most: int) -> list[str]:
    """Return the first sentences that together have at most `most` words; at least one."""
    kept: list[str] = []
    for sentence in sentences:
        if kept and len(" ".join([*kept, sentence]).split()) > most:
            break
        kept.append(sentence)
    return kept


def score_summaries(found: Sequence[str], wanted: Sequence[str]) -> dict[str, float]:
    """Return the mean ROUGE-1, -2 and -Lsum F1 in percent (stemmed), and the words of a summary."""
    scorer = rouge_scorer.RougeScorer(_KINDS, use_stemmer=True)
    scores = [
        scorer.score("\n".join(split_sentences(reference)), "\n".join(split_sentences(text)))
        for text, reference in zip(found, wanted, strict=True)
    ]
    means = {kind: 100 * float(np.mean([s[kind].fmeasure for s in scores])) for kind in _KINDS}
    return means | {"words": float(np.mean([len(text.split()) for text in found]))}


def compare_summaries(
    folder: Path, rows: Sequence[dict[str, Any]], **search: Any
) -> dict[str, dict[str, float]]:
    """Score the summariser, free and in whole sentences, beside leads and random sentences."""
    summariser = Summariser(folder)
    generator = np.random.default_rng(0)
    wanted = [row["summary"] for row in rows]
    articles = [row["sentences"] for row in rows]
    whole = [summariser.whole(sentences, **search) for sentences in articles]
    length = round(float(np.mean([len(text.split()) for text in whole])))

    def scattered(sentences: Sequence[str]) -> str:
        return " ".join(first_words(generator.permutation(list(sentences)).tolist(), length))

    systems: dict[str, Callable[[Sequence[str]], str]] = {
        "free": lambda sentences: summariser.free(sentences, **search),
        "lead 3": lambda sentences: " ".join(sentences[:3]),
        f"lead {length} words": lambda sentences: " ".join(first_words(sentences, length)),
        "lead 75 words": lambda sentences: " ".join(first_words(sentences, 75)),
        "random": scattered,
    }
    table = {"whole sentences": score_summaries(whole, wanted)}
    for name, system in systems.items():
        table[name] = score_summaries([system(sentences) for sentences in articles], wanted)
    best = [" ".join(row["sentences"][i] for i in row["targets"][0][0]) for row in rows]
    return table | {"best possible": score_summaries(best, wanted)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", choices=("translate", "summarise"))
    parser.add_argument("--folder", type=Path, help="default: the bundled one")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path(".train"))
    parser.add_argument("--most", type=int, help="score only the first rows")
    options = parser.parse_args()
    if options.model == "translate":
        folder = options.folder or Path("pipeline/bundled/nl-en-compact")
        model: Any = MarianMTModel.from_pretrained(folder, dtype=torch.float32)
        model.eval()
        tokenizer = MarianTokenizer.from_pretrained(folder)
        for name in ("flores", "ntrex"):
            rows = read_dev(options.data / "nl-en" / f"{name}-dev.tsv", most=options.most)
            found = translate(model, tokenizer, [dutch for dutch, _ in rows])
            for metric in (BLEU(), CHRF()):
                score = metric.corpus_score(found, [[english for _, english in rows]])
                print(f"{name}: {score.score:.1f}  {metric.get_signature()}", flush=True)
        return
    folder = options.folder or Path("pipeline/bundled/en-summary-compact")
    with (options.out / "articles.jsonl").open(encoding="utf-8") as lines:
        held = [row for row in map(json.loads, lines) if row["kind"] == "held"][: options.most]
    for name, scores in compare_summaries(folder, held).items():
        print(f"{name:16}", "  ".join(f"{kind} {value:.1f}" for kind, value in scores.items()))


if __name__ == "__main__":
    main()
