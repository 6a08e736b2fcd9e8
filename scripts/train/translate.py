"""Train the translator: continue a small MarianMT model on news, with its own vocabulary."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sentencepiece
import torch
from torch import Tensor
from transformers import MarianMTModel, MarianTokenizer

from .augment import names_of, swap_digits, swap_names
from .evaluate import read_dev, score_translations, translate
from .figures import figure_pair
from .loop import Loop, loop_config, read_config
from .losses import linear_cross_entropy


@dataclass(frozen=True, slots=True)
class Example:
    """A source and a target in token ids, each ending in `</s>`."""

    source: list[int]
    target: list[int]


class TranslationTask:
    """The mixture of sentence pairs, each changed a little as it is drawn."""

    def __init__(
        self, folder: Path, *, pairs: Path, settings: dict[str, Any], seed: int, dev: Path | None
    ) -> None:
        self.settings, self.seed = settings, seed
        # The slow tokenizer's vocabulary, but its sentencepiece model called directly.
        self.tokenizer = MarianTokenizer.from_pretrained(folder)
        self.spm = sentencepiece.SentencePieceProcessor(str(folder / "source.spm"))
        vocabulary = self.tokenizer.get_vocab()
        unknown = vocabulary["<unk>"]
        self.ids = [vocabulary.get(self.spm.id_to_piece(i), unknown) for i in range(len(self.spm))]
        self.end, self.pad = self.tokenizer.eos_token_id, self.tokenizer.pad_token_id
        self.groups: dict[str, list[tuple[str, str]]] = {}
        with pairs.open(encoding="utf-8") as lines:
            for line in lines:
                dutch, english, group = line.rstrip("\n").split("\t")
                self.groups.setdefault(group, []).append((dutch, english))
        news = (pair for name, rows in self.groups.items() if name[:4] == "news" for pair in rows)
        self.names = sorted(
            {name for dutch, english in news for name in names_of(dutch) if name in english}
        )
        self.dev = (
            {}
            if dev is None
            else {
                name: read_dev(dev / f"{name}-dev.tsv", most=settings["evaluate"])
                for name in ("flores", "ntrex")
            }
        )

    def round(self, number: int, *, progress: float) -> list[list[Example]]:
        """Draw the batches of a round, each of at most `batch_tokens`, both sides, padded."""
        generator = np.random.default_rng((self.seed, number))
        # Sentencepiece samples with a generator of its own, one for the whole process.
        sentencepiece.set_random_generator_seed(int(generator.integers(2**31)))
        stages = self.settings["stages"]
        stage = next(s for s in stages if progress < s["until"] or s is stages[-1])
        total = sum(stage["mixture"].values())
        examples = []
        for code, (group, share) in enumerate(sorted(stage["mixture"].items())):
            quota = round(self.settings["round"] * share / total)
            if group == "figures":
                drawn = [figure_pair(generator) for _ in range(quota)]
            else:
                drawn = [
                    self._vary(group, index, generator)
                    for index in self._turns(group, code, number * quota, quota)
                ]
            sampled = generator.random(len(drawn)) < stage["sample"]
            examples += [
                Example(self.encode(dutch, sample=bool(s)), self.encode(english))
                for (dutch, english), s in zip(drawn, sampled, strict=True)
            ]
        longest = self.settings["longest"]
        examples = [e for e in examples if max(len(e.source), len(e.target)) <= longest]
        examples.sort(key=lambda e: (len(e.target), len(e.source)))
        batches: list[list[Example]] = [[]]
        width = 0
        for example in examples:
            width = max(width, len(example.source) + len(example.target))
            if batches[-1] and (len(batches[-1]) + 1) * width > self.settings["batch_tokens"]:
                batches.append([])
                width = len(example.source) + len(example.target)
            batches[-1].append(example)
        return [batches[i] for i in generator.permutation(len(batches)) if batches[i]]

    def _turns(self, group: str, code: int, start: int, quota: int) -> list[int]:
        """Return the next `quota` rows of a group, each row once before any comes twice."""
        size = len(self.groups[group])
        turns = []
        while quota > 0:
            epoch, offset = divmod(start, size)
            order = np.random.default_rng((self.seed, code, epoch)).permutation(size)
            turns += order[offset : offset + quota].tolist()
            taken = min(quota, size - offset)
            start, quota = start + taken, quota - taken
        return turns

    def _vary(self, group: str, index: int, generator: np.random.Generator) -> tuple[str, str]:
        rows, settings = self.groups[group], self.settings
        dutch, english = rows[index]
        if group.startswith("news") and generator.random() < settings["join"]:
            # Neighbours in the news are neighbours in an article: a paragraph now and then.
            last = index + 1 + int(generator.integers(1, 3))
            dutch, english = (" ".join(side) for side in zip(*rows[index:last], strict=True))
        if generator.random() < settings["swap"]:
            dutch, english = swap_names(dutch, english, self.names, generator)
        if generator.random() < settings["swap"]:
            dutch, english = swap_digits(dutch, english, generator)
        headline = len(dutch.split()) < 12 and dutch.endswith(".") and english.endswith(".")
        if headline and generator.random() < settings["headline"]:
            dutch, english = dutch[:-1], english[:-1]
        return dutch, english

    def encode(self, text: str, *, sample: bool = False) -> list[int]:
        """Return token ids with `</s>`; with `sample`, of another cut into pieces."""
        alpha = self.settings["sample_alpha"]
        if sample:
            pieces = self.spm.encode(text, enable_sampling=True, alpha=alpha, nbest_size=-1)
        else:
            pieces = self.spm.encode(text)
        return [*(self.ids[piece] for piece in pieces), self.end]

    def loss(self, model: MarianMTModel, batch: list[Example]) -> tuple[Tensor, int]:
        """Return the label-smoothed cross-entropy per target token."""
        device = next(model.parameters()).device
        source = self._pad([e.source for e in batch]).to(device)
        target = self._pad([e.target for e in batch]).to(device)
        start = torch.full((len(batch), 1), self.pad, device=device)
        states = model.model(
            input_ids=source,
            attention_mask=(source != self.pad).long(),
            decoder_input_ids=torch.cat([start, target[:, :-1]], 1),
            use_cache=False,
        ).last_hidden_state
        # The model's bias on the output stays zero, as in the seed.
        loss = linear_cross_entropy(
            states.flatten(0, 1),
            model.lm_head.weight,
            target.flatten(),
            weights=(target != self.pad).float().flatten(),
            smoothing=self.settings["label_smoothing"],
        )
        return loss, sum(len(e.source) + len(e.target) for e in batch)

    def evaluate(self, model: MarianMTModel) -> dict[str, float]:
        """Return BLEU and chrF per development set; `score` is the mean BLEU."""
        scores: dict[str, float] = {}
        for name, rows in self.dev.items():
            found = translate(model, self.tokenizer, [dutch for dutch, _ in rows])
            bleu, chrf = score_translations(found, [english for _, english in rows])
            scores |= {f"{name}_bleu": bleu.score, f"{name}_chrf": chrf.score}
        bleus = [value for name, value in scores.items() if name.endswith("bleu")]
        return {"score": sum(bleus) / max(len(bleus), 1), **scores}

    def _pad(self, rows: Sequence[list[int]]) -> Tensor:
        longest = max(len(row) for row in rows)
        return torch.tensor([row + [self.pad] * (longest - len(row)) for row in rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path(".train"))
    parser.add_argument("--config", type=Path, default=Path(__file__).with_suffix(".yaml"))
    parser.add_argument("--seed-model", type=Path, default=Path("../shared/models/nl-en-seed"))
    parser.add_argument("--name", default="translate", help="folder of the run, under --out")
    parser.add_argument("--start", type=Path, help="averaged weights to start from (a .pt)")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--minutes", type=float)
    options = parser.parse_args()
    settings = read_config(options.config)
    config = loop_config(settings["loop"], steps=options.steps, minutes=options.minutes)
    task = TranslationTask(
        options.seed_model,
        pairs=options.out / "pairs.tsv",
        settings=settings["task"],
        seed=config.seed,
        dev=options.data / "nl-en",
    )
    # Written-out attention: measured 11 % faster a step than the fused one on a CPU, in bfloat16.
    model = MarianMTModel.from_pretrained(
        options.seed_model, dtype=torch.float32, attn_implementation="eager"
    )
    if options.start:
        model.load_state_dict(torch.load(options.start, weights_only=True), strict=False)
    Loop(model, task, config=config, folder=options.out / options.name).run()


if __name__ == "__main__":
    main()
