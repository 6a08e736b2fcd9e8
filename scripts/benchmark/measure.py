"""The measurement: every contestant in turns, in one run, on the same task.

First each one's settings are tried once (which also warms it up) and the best is kept. Then come
the rounds: in each, every contestant has one turn, and the order is rotated, so that a slow minute
of the machine falls on all. A contestant that is so slow that its turns would go over the case's
time has fewer rounds than the others, one at least; how many is in the report.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

from scripts.benchmark.models import converted_folder, model_folder
from scripts.benchmark.shapes import Shape
from scripts.benchmark.task import Output, Place, Setting, Task
from scripts.benchmark.worker import Worker, WorkerError, list_settings, load_subject, run_task


@dataclass(frozen=True, slots=True)
class Contestant:
    """One line of a table.

    Attributes:
        subject: ``"ours"``, ``"hf"`` or ``"ct2"``.
        precision: Its number format.
        best: Whether it may choose the best of its settings; else it gets the first.
    """

    subject: str
    precision: str
    best: bool = True


CONTESTANTS: Final[Mapping[str, Sequence[Contestant]]] = {
    "cpu": (
        Contestant("ours", "int8"),
        Contestant("ours", "float32"),
        Contestant("ct2", "int8"),
        Contestant("ct2", "float32"),
        Contestant("hf", "float32", best=False),
        Contestant("hf", "float32"),
    ),
    "cuda": (
        Contestant("ours", "bfloat16"),
        Contestant("ours", "float16"),
        Contestant("ct2", "float16"),
        Contestant("hf", "float16", best=False),
        Contestant("hf", "float16"),
    ),
}


@dataclass(slots=True, kw_only=True)
class Line:
    """What was measured of a contestant on a case.

    Attributes:
        contestant: Who.
        setting: The setting of its rounds.
        turns: One output a round.
        tried: Settings tried, with their tokens per second, or the reason why they do not work.
        unavailable: Why there is nothing.
    """

    contestant: Contestant
    setting: Setting | None = None
    turns: list[Output] = field(default_factory=list)
    tried: list[tuple[Setting, float | str]] = field(default_factory=list)
    unavailable: str | None = None

    @property
    def rate(self) -> float | None:
        """Median output tokens per second."""
        return median(turn.rate for turn in self.turns) if self.turns else None

    @property
    def peak_bytes(self) -> int | None:
        """The highest peak of memory of its rounds."""
        known = [turn.peak_bytes for turn in self.turns if turn.peak_bytes is not None]
        return max(known, default=None)


@dataclass(slots=True, kw_only=True)
class Case:
    """One table: a shape, a task and its lines."""

    shape: Shape
    task: Task
    lines: list[Line]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to measure.

    Attributes:
        place: Device and threads.
        rounds: Turns of each contestant.
        quick: Fewer settings are tried.
        seconds: What a contestant's rounds on a case may take in all.
    """

    place: Place
    rounds: int
    quick: bool
    seconds: float


def measure(
    shape: Shape,
    tasks: Sequence[Task],
    contestants: Sequence[Contestant],
    *,
    plan: Plan,
    broken: Mapping[tuple[str, str], str],
) -> list[Case]:
    """Measure contestants on tasks of one shape.

    Args:
        shape: Its model has been made, and converted where that was possible.
        tasks: Of which each becomes a case.
        contestants: In the order of the table.
        plan: How.
        broken: Why a subject in a precision cannot take part, where that is known.

    Returns:
        One case a task. A contestant that fails has a line that says why.
    """
    with ExitStack() as stack:
        workers, failures = _load(shape, contestants, plan=plan, broken=broken, stack=stack)
        return [
            Case(
                shape=shape,
                task=task,
                lines=_race(task, contestants, workers=workers, failures=failures, plan=plan),
            )
            for task in tasks
        ]


def _load(
    shape: Shape,
    contestants: Sequence[Contestant],
    *,
    plan: Plan,
    broken: Mapping[tuple[str, str], str],
    stack: ExitStack,
) -> tuple[dict[tuple[str, str], Worker], dict[tuple[str, str], str]]:
    """One worker for each subject and precision, loaded side by side."""
    workers: dict[tuple[str, str], Worker] = {}
    failures = dict(broken)
    for key in dict.fromkeys((c.subject, c.precision) for c in contestants):
        if key in failures:
            continue
        subject, precision = key
        converted: Path | None = None
        if subject == "ct2":
            converted = converted_folder(shape, precision)
        workers[key] = stack.enter_context(Worker(f"{subject} {precision}"))
        workers[key].start(
            load_subject,
            name=subject,
            folder=model_folder(shape),
            converted=converted,
            precision=precision,
            place=plan.place,
        )
    for key in list(workers):
        try:
            workers[key].result()
        except WorkerError as error:
            failures[key] = str(error)
            workers.pop(key).stop()
    return workers, failures


def _race(
    task: Task,
    contestants: Sequence[Contestant],
    *,
    workers: Mapping[tuple[str, str], Worker],
    failures: dict[tuple[str, str], str],
    plan: Plan,
) -> list[Line]:
    lines = [Line(contestant=contestant) for contestant in contestants]
    samples: dict[int, int] = {}
    for number, line in enumerate(lines):
        key = (line.contestant.subject, line.contestant.precision)
        line.unavailable = failures.get(key)
        if line.unavailable is None:
            samples[number] = _try_settings(line, task, worker=workers[key], plan=plan)
    spent = [0.0] * len(lines)
    for turn in range(plan.rounds):
        for step in range(len(lines)):
            number = (step + turn) % len(lines)
            line = lines[number]
            key = (line.contestant.subject, line.contestant.precision)
            if line.setting is None:
                continue
            if line.turns and spent[number] + line.turns[-1].seconds > plan.seconds:
                continue
            try:
                output: Output = workers[key].call(
                    run_task, setting=line.setting, sample=samples[number]
                )
            except WorkerError as error:
                line.unavailable, line.setting = str(error), None
                continue
            line.turns.append(output)
            spent[number] += output.seconds
            _tell(f"round {turn + 1}", line, output)
    return lines


def _try_settings(line: Line, task: Task, *, worker: Worker, plan: Plan) -> int:
    """Try a contestant's settings, keep the best, and return how it is to be sampled."""
    try:
        settings: list[Setting] = worker.call(list_settings, task=task, quick=plan.quick)
        # One batch of them all: the warm-up, and an estimate of the time for everything.
        first: Output = worker.call(run_task, setting=settings[0], sample=len(task.sequences))
    except WorkerError as error:
        line.unavailable = str(error)
        return 1
    whole = first.seconds * len(task.sequences) / max(1, len(first.outputs))
    sample = max(1, round(whole / (plan.seconds / plan.rounds)))
    if not line.contestant.best:
        line.setting = settings[0]
        return sample
    rates: dict[int, float] = {}
    for number, setting in enumerate(settings):
        try:
            output = first
            # A first run of everything on a CPU is as good a try as any.
            if (
                number > 0
                or plan.place.device == "cuda"
                or len(first.outputs) < len(task.sequences)
            ):
                output = worker.call(run_task, setting=setting, sample=sample)
            if setting.get("compile"):
                # The first time compiles.
                output = worker.call(run_task, setting=setting, sample=sample)
        except WorkerError as error:
            line.tried.append((setting, str(error)))
            continue
        rates[number] = output.rate
        line.tried.append((setting, output.rate))
        _tell(f"try {_short(setting)}", line, output)
    if rates:
        line.setting = settings[max(rates, key=rates.__getitem__)]
    else:
        line.unavailable = str(line.tried[0][1])
    return sample


def _short(setting: Setting) -> str:
    return " ".join(f"{name} {value}" for name, value in setting.items()) or "-"


def _tell(what: str, line: Line, output: Output) -> None:
    who = f"{line.contestant.subject} {line.contestant.precision}"
    print(
        f"    {who:<16} {what:<34} {output.rate:10,.0f} tokens/s {output.seconds:7.2f} s",
        file=sys.stderr,
        flush=True,
    )
