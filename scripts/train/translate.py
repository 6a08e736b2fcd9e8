"""Train a translator: a new MarianMT of the YAML's shape, or on from a model with its vocabulary.

The same command trains the student that ships, its larger teacher, and the reverse model that
translates English news back; the YAMLs differ.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import MarianMTModel

from pipeline.engine import Engine
from pipeline.tokenization import MarianCodec

from .feed import Feed
from .generate import decode_texts
from .loop import Loop, loop_config, pick_device, read_config
from .losses import linear_cross_entropy
from .marian import build_translator, save_translator
from .mixture import PairBatch, PairMixture, Pieces
from .scores import read_dev, score_translations


class TranslationTask:
    """Label-smoothed cross-entropy on a mixture of pairs, scored on the development sets.

    Args:
        folder: A Marian folder: the vocabulary.
        pairs: Files of pairs, tab-separated.
        settings: The section `task` of a YAML.
        seed: Of what is drawn.
        dev: The folder of the development sets; None scores nothing.
        workers: Processes that draw batches ahead; 0 draws them here.
    """

    def __init__(
        self,
        folder: Path,
        *,
        pairs: Path | Sequence[Path],
        settings: dict[str, Any],
        seed: int,
        dev: Path | None,
        workers: int = 0,
    ) -> None:
        self.folder, self.settings = folder, settings
        files = [pairs] if isinstance(pairs, Path) else list(pairs)
        make = partial(PairMixture, folder, pairs=files, settings=settings, seed=seed)
        self.feed: Feed[PairBatch] = Feed(make, workers=workers)
        self.pad = Pieces(folder).pad
        self.reverse = settings.get("direction", "nl-en") == "en-nl"
        self.dev: dict[str, list[tuple[str, str]]] = {}
        if dev is not None:
            for name in ("flores", "ntrex"):
                self.dev[name] = read_dev(dev / f"{name}-dev.tsv", most=settings["evaluate"])

    def loss(self, model: MarianMTModel, batch: PairBatch) -> tuple[Tensor, int]:
        """Return the label-smoothed cross-entropy per target token."""
        device = next(model.parameters()).device
        source, target = (to_device(ids, device) for ids in (batch.source, batch.target))
        smoothing = self.settings["label_smoothing"]
        loss = translation_loss(model, source, target, pad=self.pad, smoothing=smoothing)
        return loss, batch.tokens

    def evaluate(self, model: MarianMTModel) -> dict[str, float]:
        """Return BLEU and chrF per development set; `score` is the mean BLEU."""
        if not self.dev:
            return {"score": 0.0}
        scores: dict[str, float] = {}
        engine, codec = engine_of(model, tokenizer=self.folder)
        for name, rows in self.dev.items():
            pairs = [(english, dutch) for dutch, english in rows] if self.reverse else rows
            found = decode_texts(engine, codec, [source for source, _ in pairs], beams=4)
            best = [texts[0] for texts in found]
            bleu, chrf = score_translations(best, [target for _, target in pairs])
            scores |= {f"{name}_bleu": bleu.score, f"{name}_chrf": chrf.score}
        bleus = [value for name, value in scores.items() if name.endswith("bleu")]
        return {"score": sum(bleus) / len(bleus), **scores}


def translation_loss(
    model: MarianMTModel, source: Tensor, target: Tensor, *, pad: int, smoothing: float
) -> Tensor:
    """Return the label-smoothed cross-entropy per target token, a scalar.

    *Shape:* ``source``, ``target [rows, longest]``, ids filled up with ``pad``.
    """
    start = torch.full((len(target), 1), pad, device=target.device)
    states = model.model(
        input_ids=source,
        attention_mask=(source != pad).long(),
        decoder_input_ids=torch.cat([start, target[:, :-1]], 1),
        use_cache=False,
    ).last_hidden_state
    # The model's bias on the output stays zero, as in the seed.
    return linear_cross_entropy(
        states.flatten(0, 1),
        model.lm_head.weight,
        target.flatten(),
        weights=(target != pad).float().flatten(),
        smoothing=smoothing,
    )


def engine_of(model: MarianMTModel, *, tokenizer: Path) -> tuple[Engine, MarianCodec]:
    """Return what decodes with a model's present weights, on its device."""
    with tempfile.TemporaryDirectory() as scratch:
        save_translator(model, tokenizer=tokenizer, target=Path(scratch), half=False)
        engine = Engine.load(scratch, device=str(next(model.parameters()).device))
        return engine, MarianCodec(Path(scratch))


def to_device(ids: np.ndarray, device: torch.device) -> Tensor:
    """Return ids as a tensor of int64 on a device, without waiting for the copy."""
    held = torch.from_numpy(ids.astype(np.int32))
    if device.type == "cuda":
        held = held.pin_memory().to(device, non_blocking=True)
    return held.long()


def train_translator(
    settings: dict[str, Any],
    *,
    out: Path,
    name: str,
    data: Path | None,
    pairs: Sequence[Path],
    tokenizer: Path,
    start: Path | None = None,
    steps: int | None = None,
    minutes: float | None = None,
    workers: int = 0,
    deadline: float | None = None,
) -> bool:
    """Train by a YAML's settings, on from the checkpoint in `out/name` if there is one.

    Args:
        settings: Its sections; without `model`, the model of `tokenizer` is trained on.
        out: Folder of the runs.
        name: The run's folder in it.
        data: The corpora, for the development sets; None scores nothing.
        pairs: Files of pairs.
        tokenizer: A Marian folder.
        start: Averaged weights to start from (a `.pt`).
        steps: Replaces the end of the YAML.
        minutes: Replaces the end of the YAML.
        workers: Processes that draw batches ahead.
        deadline: Stop at this time of `time.monotonic`, to go on in another call.

    Returns:
        Whether the run came to its end.
    """
    loop = loop_config(settings["loop"], steps=steps, minutes=minutes)
    task = TranslationTask(
        tokenizer,
        pairs=pairs,
        settings=settings["task"],
        seed=loop.seed,
        dev=None if data is None else data / "nl-en",
        workers=workers,
    )
    attention = "sdpa" if pick_device().type == "cuda" else "eager"
    if "model" in settings:
        model = build_translator(
            settings["model"], tokenizer=tokenizer, seed=loop.seed, attention=attention
        )
    else:
        model = MarianMTModel.from_pretrained(
            tokenizer, dtype=torch.float32, attn_implementation=attention
        )
    if start:
        model.load_state_dict(torch.load(start, weights_only=True), strict=False)
    try:
        run = Loop(model, task, config=loop, folder=out / name)
        run.run(deadline=deadline)
    finally:
        task.feed.close()
    return run.progress >= 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path(".train"))
    parser.add_argument("--config", type=Path, default=Path(__file__).with_suffix(".yaml"))
    parser.add_argument("--pairs", type=Path, nargs="+", help="default: pairs.tsv under --out")
    parser.add_argument(
        "--seed-model",
        "--tokenizer",
        dest="tokenizer",
        type=Path,
        help="folder with the vocabulary, and the weights where the YAML has no `model`; default: "
        "the seed model, or vocabulary under --out where the YAML has a `model`",
    )
    parser.add_argument("--name", help="folder of the run, under --out; default: the YAML's name")
    parser.add_argument(
        "--weights", type=Path, dest="start", help="averaged weights to start from (a .pt)"
    )
    parser.add_argument("--workers", type=int, default=0, help="processes that draw batches ahead")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--minutes", type=float)
    options = parser.parse_args()
    settings = read_config(options.config)
    own, seed = options.out / "vocabulary", options.data.parent / "models" / "nl-en-seed"
    train_translator(
        settings,
        out=options.out,
        name=options.name or options.config.stem,
        data=options.data,
        pairs=options.pairs or [options.out / "pairs.tsv"],
        tokenizer=options.tokenizer or (own if "model" in settings else seed),
        start=options.start,
        steps=options.steps,
        minutes=options.minutes,
        workers=options.workers,
    )


if __name__ == "__main__":
    main()
