"""The training loop: optimiser, schedule, average of the weights, checkpoints, a log with an ETA.

The loop knows nothing of text. A task gives it rounds of batches, each a pure function of the
seed, the round's number and the progress, so a run that was killed continues in the same order.
"""

from __future__ import annotations

import json
import math
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import torch
import yaml
from torch import Tensor, nn

from .feed import Feed
from .ranks import Ranks

# Seconds that a step can count as: a process that was halted for a measurement has not trained.
_LONGEST_STEP = 30.0

Batch = TypeVar("Batch")
Model = TypeVar("Model", bound=nn.Module)
Trained_contra = TypeVar("Trained_contra", bound=nn.Module, contravariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopConfig:
    """The hyper-parameters of a run that do not depend on the task.

    Attributes:
        seed: seeds the weights, the dropout and the order of the data.
        steps: optimiser steps of the whole run (None: only `minutes` ends it).
        minutes: training time of the whole run (None: only `steps` ends it). The learning rate
            follows whichever of the two is further on, so a slow machine still cools down.
        peak: highest learning rate; `warmup` is the steps to reach it, then a cosine to zero.
        warmup: optimiser steps of linear warm-up.
        weight_decay: of AdamW, on matrices only.
        betas: of AdamW.
        clip: largest norm of the gradient.
        ema: decay per step of the averaged weights, the ones evaluated and exported.
        checkpoint_minutes: time between checkpoints.
        evaluate_minutes: time between evaluations.
        log_steps: steps between two lines of the log.
        compile: compile the layers where there is a GPU; a CPU never does.
    """

    seed: int = 1
    steps: int | None = None
    minutes: float | None = None
    peak: float = 1e-3
    warmup: int = 500
    weight_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.98)
    clip: float = 1.0
    ema: float = 0.998
    checkpoint_minutes: float = 4.0
    evaluate_minutes: float = 20.0
    log_steps: int = 50
    compile: bool = False

    def __post_init__(self) -> None:
        if self.steps is None and self.minutes is None:
            raise ValueError("the run has no end: set steps or minutes (in the YAML, or by option)")


def read_config(path: Path) -> dict[str, Any]:
    """Read a YAML of hyper-parameters as a dictionary of sections."""
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(loaded, dict):
        raise ValueError(f"{path}: expected sections of settings, found {type(loaded).__name__}")
    return loaded


def loop_config(
    section: dict[str, Any], *, steps: int | None = None, minutes: float | None = None
) -> LoopConfig:
    """Build the loop's settings; an end given by option replaces both ends of the YAML."""
    known = {field.name for field in fields(LoopConfig)}
    if unknown := set(section) - known:
        raise ValueError(f"unknown settings {sorted(unknown)}; known are {sorted(known)}")
    values = dict(section)
    if "betas" in values:
        values["betas"] = tuple(values["betas"])
    if steps is not None or minutes is not None:
        values |= {"steps": steps, "minutes": minutes}
    return LoopConfig(**values)


class Task(Protocol[Batch, Trained_contra]):
    """What is trained: batches to draw, a loss to lower, a score to watch."""

    feed: Feed[Batch]
    """Draws the rounds of batches; the same arguments always give the same batches."""

    def loss(self, model: Trained_contra, batch: Batch) -> tuple[Tensor, int]:
        """Return the mean loss of a batch (a scalar) and how many tokens it read and wrote."""

    def evaluate(self, model: Trained_contra) -> dict[str, float]:
        """Score the averaged weights on development data; `score` is the one to compare by."""


def pick_device() -> torch.device:
    """Return the accelerator where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def compile_layers(model: nn.Module) -> None:
    """Compile each layer of the encoder and the decoder: alike layers share one compilation."""
    # A layer that cannot be compiled runs as it is.
    torch._dynamo.config.suppress_errors = True
    for half in (model.model.encoder, model.model.decoder):  # type: ignore[union-attr]
        for layer in half.layers:  # type: ignore[union-attr]
            layer.compile(dynamic=True)


class Loop(Generic[Batch, Model]):
    """Trains a model on a task, in bfloat16 arithmetic over float32 weights.

    Files in `folder`: `checkpoint.pt` (everything needed to continue), `best.pt` and `last.pt`
    (averaged weights), `log.jsonl`.

    Started by `torchrun` in several processes, a step takes a batch for each of them, and its
    gradient is the mean of theirs; the first process keeps the clock and writes the files.
    """

    def __init__(
        self,
        model: Model,
        task: Task[Batch, Model],
        *,
        config: LoopConfig,
        folder: Path,
        say: Callable[[str], None] = print,
    ) -> None:
        self.config, self.task, self.folder, self.say = config, task, folder, say
        self.ranks = Ranks()
        self.device = pick_device()
        self.model = model.to(self.device)
        if config.compile and self.device.type == "cuda":
            compile_layers(self.model)
        self.average = {k: v.detach().clone() for k, v in self.model.named_parameters()}
        decayed = [p for p in model.parameters() if p.dim() > 1]
        plain = [p for p in model.parameters() if p.dim() <= 1]
        self.optimiser = torch.optim.AdamW(
            [
                {"params": decayed, "weight_decay": config.weight_decay},
                {"params": plain, "weight_decay": 0.0},
            ],
            lr=0.0,
            betas=config.betas,
            fused=True,
        )
        # What a checkpoint holds besides tensors. `entered` is the progress at which the current
        # round, and each drawn ahead, was asked for: with another they could not be drawn again.
        self.state: dict[str, Any] = {"step": 0, "round": 0, "index": 0, "entered": [0.0]}
        self.tally = {"tokens": 0, "seconds": 0.0, "best": -math.inf}
        self._stopping = False
        self._values: list[Tensor] = []
        folder.mkdir(parents=True, exist_ok=True)
        # Each process drops out other units.
        torch.manual_seed(config.seed + 1000 * self.ranks.rank)
        if (folder / "checkpoint.pt").exists():
            self._resume()

    @property
    def progress(self) -> float:
        """How far the run is, from 0 to 1."""
        parts = [0.0]
        if self.config.steps is not None:
            parts.append(self.state["step"] / max(self.config.steps, 1))
        if self.config.minutes is not None:
            parts.append(self.tally["seconds"] / max(60 * self.config.minutes, 1e-9))
        return min(1.0, max(parts))

    def rate(self) -> float:
        """Learning rate of the next step."""
        warm = min(1.0, (self.state["step"] + 1) / max(self.config.warmup, 1))
        rate: float = self.config.peak * warm * 0.5 * (1 + math.cos(math.pi * self.progress))
        return rate

    def run(
        self, *, pause_at: int | None = None, deadline: float | None = None
    ) -> dict[str, float]:
        """Train to the end, and return the scores; or less far, and return none.

        Args:
            pause_at: Stop after this step.
            deadline: Stop at this time of `time.monotonic`. SIGTERM stops it too.

        Raises:
            RuntimeError: The loss is no longer a number.
        """
        config, state, tally, ranks = self.config, self.state, self.tally, self.ranks
        saved = evaluated = logged = time.monotonic()
        last = math.inf if deadline is None else deadline
        losses = torch.zeros((), device=self.device)
        steps_logged, tokens_logged = state["step"], tally["tokens"]
        batches = self._round()
        self.model.train()
        # In the order of `average`; walking the modules each step costs as much as a small kernel.
        values = dict(self.model.named_parameters())
        self._values = [values[name].detach() for name in self.average]
        before = signal.signal(signal.SIGTERM, self._stop)
        while True:
            now = time.monotonic()
            goes_on = (
                self.progress < 1
                and state["step"] != pause_at
                and now < last
                and not self._stopping
            )
            # The first process decides for all: their clocks differ.
            tally["seconds"], goes_on, save, evaluate = ranks.agree(
                [
                    tally["seconds"],
                    goes_on,
                    now - saved > 60 * config.checkpoint_minutes,
                    now - evaluated > 60 * config.evaluate_minutes,
                ]
            )
            if not goes_on:
                break
            if save:
                self.save()
                saved = time.monotonic()
            if evaluate:
                begun = time.monotonic()
                self.evaluate()
                self.model.train()
                # Evaluation is time the schedule must count too: a deadline does not wait for it.
                evaluated = logged = time.monotonic()
                tally["seconds"] += evaluated - begun
                continue
            started = time.monotonic()
            if state["index"] + ranks.size > len(batches):
                # What was asked for ahead of time stays as it was asked for.
                entered = state["entered"][1:] or [self.progress]
                state |= {"round": state["round"] + 1, "index": 0, "entered": entered}
                batches = self._round()
            # A round of fewer batches than processes gives some of them the same one.
            loss, tokens = self._step(batches[(int(state["index"]) + ranks.rank) % len(batches)])
            state["index"] += ranks.size
            state["step"] += 1
            losses += loss
            tally["tokens"] += tokens
            if state["step"] % config.log_steps == 0:
                # Reading the loss waits for the GPU, so that the time below is its time too.
                # A run that was continued has made fewer steps than that since its last line.
                mean = float(losses) / (state["step"] - steps_logged)
                if not math.isfinite(mean):
                    raise RuntimeError(
                        f"{self.folder}: the loss is {mean} at step {state['step']}: lower the "
                        "YAML's `peak` or lengthen `warmup`, and remove the folder's checkpoint"
                    )
                now = time.monotonic()
                self._log(mean, tally["tokens"] - tokens_logged, now - logged)
                steps_logged, tokens_logged = state["step"], tally["tokens"]
                losses.zero_()
                logged = now
            tally["seconds"] += min(time.monotonic() - started, _LONGEST_STEP)
        self.save()
        signal.signal(signal.SIGTERM, before)
        return self.evaluate() if self.progress >= 1 else {}

    def _stop(self, *_: object) -> None:
        """Finish the step, write a checkpoint and return: what SIGTERM asks for."""
        self._stopping = True

    def _round(self) -> Sequence[Batch]:
        """Return the current round, and have those after it drawn ahead."""
        state, feed = self.state, self.task.feed
        if not isinstance(state["entered"], list):  # a checkpoint from before rounds ahead
            state["entered"] = [state["entered"]]
        state["entered"] += [self.progress] * (feed.ahead + 1 - len(state["entered"]))
        number = int(state["round"])
        for ahead, entered in enumerate(state["entered"]):
            feed.want(number + ahead, progress=entered)
        return feed.round(number, progress=state["entered"][0])

    def _step(self, batch: Batch) -> tuple[Tensor, int]:
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate()
        with torch.autocast(self.device.type, torch.bfloat16):
            loss, tokens = self.task.loss(self.model, batch)
        loss.backward()  # type: ignore[no-untyped-call]
        if self.ranks.size > 1:
            # One loss and one count for all, too: what is logged is of the whole step.
            loss, count = loss.detach(), torch.tensor([float(tokens)], device=self.device)
            gradients = [p.grad for p in self.model.parameters() if p.grad is not None]
            self.ranks.average([*gradients, loss, count])
            tokens = round(self.ranks.size * count.item())
        nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        # A young average would remember the random start: let it grow old with the run.
        decay = min(self.config.ema, (1 + self.state["step"]) / (10 + self.state["step"]))
        torch._foreach_lerp_(list(self.average.values()), self._values, 1 - decay)
        return loss.detach(), tokens

    def evaluate(self) -> dict[str, float]:
        """Score the averaged weights, write them to `last.pt`, and to `best.pt` if they lead.

        The first process does; the others return nothing, and wait for it in their next step.
        """
        if not self.ranks.is_first:
            return {}
        self.model.eval()
        trained = {k: v.detach().clone() for k, v in self.model.named_parameters()}
        self._load_parameters(self.average)
        generator = self._random()
        with torch.inference_mode():
            scores = self.task.evaluate(self.model)
        self._set_random(generator)
        self._load_parameters(trained)
        self._write(self.average, self.folder / "last.pt")
        if scores.get("score", 0.0) > self.tally["best"]:
            self.tally["best"] = scores["score"]
            self._write(self.average, self.folder / "best.pt")
        self._record({"step": self.state["step"], **self.tally, **scores})
        shown = ", ".join(f"{name} {value:.2f}" for name, value in scores.items())
        self.say(f"step {self.state['step']}: {shown}")
        return scores

    def save(self) -> None:
        """Write `checkpoint.pt`; a kill at any instant leaves the old one or the new one.

        All processes call it: on a CPU theirs is the dropout that goes on from there.
        """
        others = self.ranks.gather(torch.get_rng_state())[1:]
        if not self.ranks.is_first:
            return
        self._write(
            {
                "model": self.model.state_dict(),
                "average": self.average,
                "optimiser": self.optimiser.state_dict(),
                "random": self._random(),
                "others": others,
                "state": self.state,
                "tally": self.tally,
            },
            self.folder / "checkpoint.pt",
        )

    def _resume(self) -> None:
        path = self.folder / "checkpoint.pt"
        saved = torch.load(path, map_location=self.device, weights_only=True)
        self.model.load_state_dict(saved["model"])
        self.average = saved["average"]
        self.optimiser.load_state_dict(saved["optimiser"])
        if self.ranks.is_first:
            self._set_random(saved["random"])
        elif self.ranks.rank <= len(saved.get("others", ())):
            torch.set_rng_state(saved["others"][self.ranks.rank - 1].cpu())
        self.state, self.tally = saved["state"], saved["tally"]
        if self.ranks.is_first:
            self.say(f"continuing {path} at step {self.state['step']}")

    def _random(self) -> list[Tensor]:
        states = [torch.get_rng_state()]
        return [*states, torch.cuda.get_rng_state()] if self.device.type == "cuda" else states

    def _set_random(self, states: Tensor | list[Tensor]) -> None:
        first, *rest = [states] if isinstance(states, Tensor) else states
        torch.set_rng_state(first.cpu())
        if rest and self.device.type == "cuda":
            torch.cuda.set_rng_state(rest[0].cpu())

    def _load_parameters(self, values: dict[str, Tensor]) -> None:
        with torch.no_grad():
            for name, parameter in self.model.named_parameters():
                parameter.copy_(values[name])

    @staticmethod
    def _write(content: object, path: Path) -> None:
        part = path.with_suffix(".part")
        torch.save(content, part)
        os.replace(part, path)  # noqa: PTH105 - the atomic one

    def _log(self, loss: float, tokens: float, seconds: float) -> None:
        if not self.ranks.is_first:
            return
        progress = self.progress
        left = self.tally["seconds"] * (1 - progress) / max(progress, 1e-9) / 60
        self.say(
            f"step {self.state['step']}  {100 * progress:.1f} %  loss {loss:.3f}  "
            f"rate {self.rate():.1e}  {tokens / max(seconds, 1e-9):.0f} tokens/s  "
            f"{self.tally['tokens'] / 1e6:.2f}M tokens  {left:.0f} min left"
        )
        self._record({"step": self.state["step"], **self.tally, "loss": loss})

    def _record(self, line: dict[str, Any]) -> None:
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
