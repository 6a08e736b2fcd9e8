"""Train the summariser: a small BART that copies, then chooses, whole sentences of an article.

The losses: (1) cross-entropy of the next token, which teaches copying; (2) cross-entropy among the
tokens allowed where the constraint of `choices.py` leaves a choice, which is what decoding asks.
Random copies have only the first, and not where they choose: there is nothing to learn there.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional as F
from transformers import BartConfig, BartForConditionalGeneration

from .choices import BOS, EOS, PAD, choice_points
from .feed import Feed
from .loop import Loop, loop_config, pick_device, read_config
from .losses import linear_cross_entropy
from .summary_mixture import Article, Example, SummaryMixture, fit, load_mixture, read_rows


class SummaryTask:
    """The losses on a mixture of examples, and the scores on the held digests.

    Args:
        train: The articles, or what makes their mixture in a worker process.
        held: The articles to score on.
        settings: The section `task` of a YAML.
        seed: Of what is drawn.
        workers: Processes that draw batches ahead; 0 draws them here.
    """

    def __init__(
        self,
        train: list[Article] | partial[SummaryMixture],
        held: list[Article],
        *,
        settings: dict[str, Any],
        seed: int,
        workers: int = 0,
    ) -> None:
        self.settings, self.held = settings, held
        make: partial[SummaryMixture] = (
            partial(SummaryMixture, train, settings=settings, seed=seed)
            if isinstance(train, list)
            else train
        )
        self.feed: Feed[list[Example]] = Feed(make, workers=workers)

    def loss(self, model: BartForConditionalGeneration, batch: list[Example]) -> tuple[Tensor, int]:
        """Return both losses' weighted sum; see the module's docstring."""
        device = next(model.parameters()).device
        source, labels = pad([e.source for e in batch]), pad([e.labels for e in batch])
        weight = (labels != PAD).float()
        for row, example in enumerate(batch):
            if not example.choosing:
                weight[row, [position for position, _ in example.points]] = 0.0
        decoder = torch.cat([torch.full((len(batch), 1), EOS), labels[:, :-1]], 1)
        source, labels, weight = source.to(device), labels.to(device), weight.to(device)
        states = model.model(
            input_ids=source,
            attention_mask=(source != PAD).long(),
            decoder_input_ids=decoder.to(device),
            use_cache=False,
        ).last_hidden_state
        table = model.lm_head.weight
        loss = linear_cross_entropy(
            states.flatten(0, 1), table, labels.flatten(), weights=weight.flatten()
        )
        chosen, options = choice_loss(states, table, labels, batch)
        if options:
            loss = loss + self.settings["choice_weight"] * chosen
        return loss, int((source != PAD).sum()) + int((labels != PAD).sum())

    def evaluate(self, model: BartForConditionalGeneration) -> dict[str, float]:
        """Return the mean loss per choice on the held digests' best sets, and how copying goes."""
        total, count, copied, tokens = 0.0, 0, 0.0, 0
        for article in self.held:
            sentences = fit(article.sentences, self.settings["stages"][-1]["longest"])
            targets = [t for t, _ in article.targets if t[-1] < len(sentences)]
            if not targets:
                continue
            labels, points = choice_points(sentences, targets[0])
            source = [BOS, *(token for sentence in sentences for token in sentence), EOS]
            example = Example(source, labels, points, True)
            device = next(model.parameters()).device
            wanted = torch.tensor([labels], device=device)
            states = model.model(
                input_ids=torch.tensor([source], device=device),
                decoder_input_ids=torch.tensor([[EOS, *labels[:-1]]], device=device),
                use_cache=False,
            ).last_hidden_state
            table = model.lm_head.weight
            value, options = choice_loss(states, table, wanted, [example])
            total, count = total + float(value) * options, count + options
            free = [i for i in range(1, len(labels)) if i not in dict(points)]
            each = F.cross_entropy(F.linear(states[0, free], table), wanted[0, free])
            copied, tokens = copied + float(each) * len(free), tokens + len(free)
        choice = total / max(count, 1)
        return {"score": -choice, "choice": choice, "copy": copied / max(tokens, 1)}


def pad(rows: list[list[int]]) -> Tensor:
    """Return rows of ids as one (rows, longest) tensor filled up with `<pad>`."""
    longest = max(len(row) for row in rows)
    return torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])


def choice_loss(
    states: Tensor, table: Tensor, labels: Tensor, batch: list[Example]
) -> tuple[Tensor, int]:
    """Cross-entropy among the allowed tokens at the choices of a batch.

    Args:
        states: decoder states, (rows, positions, d_model).
        table: output embeddings, (vocabulary, d_model).
        labels: (rows, positions).
        batch: the examples of those rows; only the choosing ones count.

    Returns:
        The mean over the choices (a scalar; 0 if there is none) and their number.
    """
    points = [
        (row, position, options)
        for row, example in enumerate(batch)
        if example.choosing
        for position, options in example.points
    ]
    if not points:
        return states.new_zeros(()), 0
    most = max(len(options) for _, _, options in points)
    device = states.device
    # Rows of options are filled up with the first one, which `filled` then rules out.
    allowed = torch.tensor([o + [o[0]] * (most - len(o)) for _, _, o in points], device=device)
    filled = torch.tensor([[i >= len(o) for i in range(most)] for _, _, o in points], device=device)
    rows = torch.tensor([row for row, _, _ in points], device=device)
    positions = torch.tensor([position for _, position, _ in points], device=device)
    scores = F.linear(states[rows, positions], table).float().gather(1, allowed)
    target = (labels[rows, positions, None] == allowed).float().argmax(1)
    return F.cross_entropy(scores.masked_fill(filled, float("-inf")), target), len(points)


def build_model(
    shape: dict[str, Any], *, vocabulary: int, seed: int
) -> BartForConditionalGeneration:
    """Build the untrained BART.

    Its learned positions start as sinusoids, so that far ones, rarely trained, have an order.
    """
    torch.manual_seed(seed)
    model = BartForConditionalGeneration(
        BartConfig(
            vocab_size=vocabulary,
            bos_token_id=BOS,
            pad_token_id=PAD,
            eos_token_id=EOS,
            decoder_start_token_id=EOS,
            forced_eos_token_id=EOS,
            **shape,
        )
    )
    # Written-out attention: measured 10 to 18 % faster a step than the fused one on a CPU.
    model.set_attn_implementation("eager")
    for half in (model.model.encoder, model.model.decoder):
        table = half.embed_positions.weight
        size = table.shape[1]
        angles = torch.arange(table.shape[0])[:, None] / 10000 ** (
            torch.arange(0, size, 2)[None] / size
        )
        with torch.no_grad():
            # The root mean square of sines is 0.7: scaled to that of the word embeddings.
            table.copy_(torch.cat([angles.sin(), angles.cos()], 1) * (shape["init_std"] / 0.7))
    return model


def train_summariser(
    settings: dict[str, Any],
    *,
    out: Path,
    name: str,
    start: Path | None = None,
    steps: int | None = None,
    minutes: float | None = None,
    workers: int = 0,
    deadline: float | None = None,
) -> bool:
    """Train by a YAML's settings, on from the checkpoint in `out/name` if there is one.

    Args:
        settings: The sections `model`, `task` and `loop`.
        out: Folder of the runs, with `articles.jsonl` and `tokenizer.json`.
        name: The run's folder in it.
        start: Averaged weights to start from (a `.pt`).
        steps: Replaces the end of the YAML.
        minutes: Replaces the end of the YAML.
        workers: Processes that draw batches ahead.
        deadline: Stop at this time of `time.monotonic`, to go on in another call.

    Returns:
        Whether the run came to its end.
    """
    config = loop_config(settings["loop"], steps=steps, minutes=minutes)
    tokenizer = Tokenizer.from_file(str(out / "tokenizer.json"))
    rows = out / "articles.jsonl"
    task = SummaryTask(
        partial(
            load_mixture, rows, out / "tokenizer.json", settings=settings["task"], seed=config.seed
        ),
        read_rows(rows, tokenizer, kinds=("held",)),
        settings=settings["task"],
        seed=config.seed,
        workers=workers,
    )
    model = build_model(settings["model"], vocabulary=tokenizer.get_vocab_size(), seed=config.seed)
    if pick_device().type == "cuda":
        model.set_attn_implementation("sdpa")
    if start:
        model.load_state_dict(torch.load(start, weights_only=True), strict=False)
    try:
        run = Loop(model, task, config=config, folder=out / name)
        run.run(deadline=deadline)
    finally:
        task.feed.close()
    return run.progress >= 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=Path(".train"))
    parser.add_argument("--config", type=Path, default=Path(__file__).with_suffix(".yaml"))
    parser.add_argument("--name", help="folder of the run, under --out; default: the YAML's name")
    parser.add_argument(
        "--weights", type=Path, dest="start", help="averaged weights to start from (a .pt)"
    )
    parser.add_argument("--workers", type=int, default=0, help="processes that draw batches ahead")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--minutes", type=float)
    options = parser.parse_args()
    train_summariser(
        read_config(options.config),
        out=options.out,
        name=options.name or options.config.stem,
        start=options.start,
        steps=options.steps,
        minutes=options.minutes,
        workers=options.workers,
    )


if __name__ == "__main__":
    main()
