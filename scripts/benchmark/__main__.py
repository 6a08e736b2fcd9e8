"""Measure the engine beside HF generate and CTranslate2: one command, one run, in turns.

scripts/bench --quick                   # CPU, three minutes: the bundled model, the opus-mt shape
scripts/bench                           # the same for longer, more settings tried
scripts/bench --shapes distilbart,bart  # the shapes of the larger summarisers
scripts/bench --device cuda             # on a GPU
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.tokenization import load_codec
from scripts.benchmark import report
from scripts.benchmark.floor import Rates, measure_rates
from scripts.benchmark.inputs import copy_inputs, sentences
from scripts.benchmark.measure import CONTESTANTS, Case, Contestant, Plan, measure
from scripts.benchmark.models import CACHE, find_device, model_folder, prepare
from scripts.benchmark.shapes import SHAPES, Shape, Size
from scripts.benchmark.task import Place, Task
from scripts.benchmark.textual import EndToEnd, measure_end_to_end
from scripts.benchmark.worker import Worker, WorkerError

SUBJECTS = ("ours", "hf", "ct2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What is known before the first turn.

    Attributes:
        rates: What the machine does at best.
        gpu: Its GPU's name, if that is where to measure.
        broken: Why a shape (by name) could not be converted to a precision.
    """

    rates: Rates
    gpu: str | None
    broken: Mapping[tuple[str, str], str]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command.

    Raises:
        SystemExit: An argument has no meaning here, or a model cannot be made.
    """
    options = _options(arguments)
    # A user's thread count for other programs is no setting of ours: --threads is.
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "CT2_USE_EXPERIMENTAL_PACKED_GEMM"):
        os.environ.pop(name, None)
    os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
    started = time.perf_counter()
    place = Place(device=options.device, threads=options.threads)
    contestants = [c for c in CONTESTANTS[options.device] if c.subject in options.subjects]
    shapes = [SHAPES[name] for name in options.shapes]
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    prepared = _prepare(shapes, contestants, place=place)
    rates = prepared.rates
    machine = report.machine(device=options.device, gpu=prepared.gpu, load=load, rates=rates)
    print(report.machine_text(machine), flush=True)
    print(report.legend(), flush=True)
    cases: list[dict[str, Any]] = []
    for shape in shapes:
        size = Size.of(json.loads((model_folder(shape) / "config.json").read_text()))
        for case in _cases(shape, contestants, options=options, broken=prepared.broken):
            print(f"\n{report.case_table(case, size=size, rates=rates)}", flush=True)
            cases.append(report.case_json(case, size=size, rates=rates))
    content = {
        "machine": machine,
        "settings": {key: str(v) if isinstance(v, Path) else v for key, v in vars(options).items()},
        "cases": cases,
        "end_to_end": _end_to_end(options, contestants=contestants),
        "seconds": time.perf_counter() - started,
    }
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(content, indent=1), encoding="utf-8")
    print(f"\n{content['seconds']:.0f} s in all; every round is in {options.json}")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="fewer inputs, settings and rounds: three minutes")
    add("--device", choices=("cpu", "cuda"), default="cpu")
    add("--shapes", type=_listed(SHAPES), help=f"of {','.join(SHAPES)}; default compact,opus")
    add("--beams", type=_numbers, default=(1, 4), help="1 is greedy search; default 1,4")
    add("--subjects", type=_listed(SUBJECTS), default=SUBJECTS, help=f"of {','.join(SUBJECTS)}")
    add("--rounds", type=int, help="turns of each subject; default 3 if quick, else 5")
    add("--threads", type=int, default=os.cpu_count() or 1, help="CPU threads; default all")
    add("--inputs", type=int, help="how many inputs to decode, in place of the shape's own number")
    add("--seconds", type=float, help="most time for a subject's rounds on a case")
    add("--json", type=Path, default=CACHE / "latest.json", help="default .bench/latest.json")
    options = parser.parse_args(arguments)
    options.shapes = options.shapes or ("compact", "opus")
    options.rounds = options.rounds or (3 if options.quick else 5)
    options.seconds = options.seconds or (3.0 if options.quick else 120.0)
    for name in ("rounds", "threads", "inputs", "seconds"):
        value = getattr(options, name)
        if value is not None and value <= 0:
            parser.error(f"--{name} {value}: use a number above 0")
    return options


def _listed(known: Iterable[str]) -> Callable[[str], tuple[str, ...]]:
    def read(text: str) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(text.split(",")))
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(known)}")
        return names

    return read


def _numbers(text: str) -> tuple[int, ...]:
    try:
        numbers = tuple(dict.fromkeys(int(part) for part in text.split(",")))
    except ValueError:
        numbers = ()
    if not numbers or min(numbers) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: give numbers of 1 or more, as in 1,4")
    return numbers


def _prepare(
    shapes: Sequence[Shape], contestants: Sequence[Contestant], *, place: Place
) -> Prepared:
    """Make and convert models, and measure the machine, in a worker that then ends."""
    quantizations = [c.precision for c in contestants if c.subject == "ct2"]
    precisions = list(dict.fromkeys(c.precision for c in contestants))
    with Worker("prepare") as worker:
        try:
            gpu: str | None = worker.call(find_device, device=place.device)
            rates: Rates = worker.call(
                measure_rates, device=place.device, threads=place.threads, precisions=precisions
            )
            broken: dict[tuple[str, str], str] = {}
            for shape in shapes:
                print(f"making or finding {shape.title} ...", file=sys.stderr, flush=True)
                failed = worker.call(prepare, shape=shape, quantizations=quantizations)
                broken |= {(shape.name, precision): why for precision, why in failed.items()}
        except WorkerError as error:
            sys.exit(f"scripts/bench: {error}")
    return Prepared(rates=rates, gpu=gpu, broken=broken)


def _cases(
    shape: Shape,
    contestants: Sequence[Contestant],
    *,
    options: argparse.Namespace,
    broken: Mapping[tuple[str, str], str],
) -> list[Case]:
    tasks = [_task(shape, beams=beams, options=options) for beams in options.beams]
    plan = Plan(
        place=Place(device=options.device, threads=options.threads),
        rounds=options.rounds,
        quick=options.quick,
        seconds=options.seconds,
    )
    reasons = {
        ("ct2", precision): why for (name, precision), why in broken.items() if name == shape.name
    }
    return measure(shape, tasks, contestants, plan=plan, broken=reasons)


def _task(shape: Shape, *, beams: int, options: argparse.Namespace) -> Task:
    count = options.inputs or shape.count(device=options.device, quick=options.quick, beams=beams)
    if shape.config is None:
        texts = sentences(count)
        sequences = load_codec(model_folder(shape)).encode(texts)
    else:
        assert shape.sources is not None
        sequences = copy_inputs(
            shape.config, count=count, sources=shape.sources, outputs=shape.outputs
        )
    return Task(
        sequences=sequences,
        beams=beams,
        max_new_tokens=shape.max_new_tokens,
        min_new_tokens=shape.min_new_tokens,
        search=shape.search,
    )


def _end_to_end(
    options: argparse.Namespace, *, contestants: Sequence[Contestant]
) -> list[dict[str, Any]]:
    """Measure from text to text in each of our precisions, and print it."""
    place = Place(device=options.device, threads=options.threads)
    count = options.inputs or SHAPES["compact"].count(
        device=options.device, quick=options.quick, beams=4
    )
    found: list[dict[str, Any]] = []
    precisions = [c.precision for c in contestants if c.subject == "ours"]
    for precision in precisions[: 1 if options.quick else None]:
        with Worker(f"text to text {precision}") as worker:
            try:
                row: EndToEnd = worker.call(
                    measure_end_to_end, place=place, precision=precision, count=count, rounds=3
                )
                print(f"\n{report.end_to_end_text(row)}", flush=True)
                found.append(asdict(row))
            except WorkerError as error:
                print(f"\nText to text ({precision}): not available: {error}", flush=True)
    return found


if __name__ == "__main__":
    main()
