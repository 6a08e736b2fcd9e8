"""Measurements as tables of at most 100 columns, and as JSON with everything in it."""

from __future__ import annotations

import os
import platform
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from scripts.benchmark.floor import Rates, floor_seconds
from scripts.benchmark.measure import Case, Line
from scripts.benchmark.shapes import Size
from scripts.benchmark.task import Output, Setting
from scripts.benchmark.textual import EndToEnd

WIDTH: Final = 100
_NAMES: Final = {"ours": "kortom", "hf": "HF generate", "ct2": "CTranslate2"}


def reference(case: Case) -> Mapping[int, Sequence[int]]:
    """The outputs that the others' are compared with: HF's, by position of the input.

    HF's default batch goes before its best one; without HF it is our float32.
    """
    found: dict[int, Sequence[int]] = {}
    for subject in ("hf", "ours"):
        for line in case.lines:
            if line.contestant.subject != subject or line.contestant.precision == "int8":
                continue
            for turn in line.turns[:1]:
                found = {**turn.outputs, **found}
        if found:
            break
    return found


def same_share(line: Line, expected: Mapping[int, Sequence[int]]) -> tuple[int, int] | None:
    """How many outputs are equal to the expected, and of how many that both have."""
    if not line.turns:
        return None
    outputs = line.turns[0].outputs
    both = [index for index in outputs if index in expected]
    return sum(list(outputs[i]) == list(expected[i]) for i in both), len(both)


def floor_share(case: Case, line: Line, *, size: Size, rates: Rates) -> float | None:
    """The least possible time over the time that was taken, by the median round."""
    if not line.turns:
        return None
    turn = sorted(line.turns, key=lambda output: output.rate)[len(line.turns) // 2]
    order = list(turn.outputs)
    least = floor_seconds(
        size,
        sources=[len(case.task.sequences[i]) for i in order],
        # One step more than tokens: the end of sequence.
        outputs=[len(turn.outputs[i]) + 1 for i in order],
        beams=case.task.beams,
        precision=line.contestant.precision,
        rates=rates,
    )
    return None if least is None else least / turn.seconds


def ratios(case: Case) -> dict[str, list[float | None]]:
    """For each precision of ours, how many times as fast it is as each line of the case."""
    found: dict[str, list[float | None]] = {}
    for ours in case.lines:
        if ours.contestant.subject == "ours" and ours.rate is not None:
            found[ours.contestant.precision] = [
                ours.rate / line.rate if line.rate else None for line in case.lines
            ]
    return found


def case_table(case: Case, *, size: Size, rates: Rates) -> str:
    """The table of a case."""
    expected, factors = reference(case), ratios(case)
    precisions = list(factors)
    head = ["", "setting", "n", "tok/s", "+-", *(f"{p} x" for p in precisions), "MB", "floor"]
    rows = [[*head, "same"]]
    notes: list[str] = []
    for number, line in enumerate(case.lines):
        name = f"{_NAMES[line.contestant.subject]} {line.contestant.precision}"
        if line.unavailable is not None or line.rate is None:
            notes.append(f"{name}: not available: {line.unavailable or 'no round'}")
            continue
        speeds = [turn.rate for turn in line.turns]
        share = floor_share(case, line, size=size, rates=rates)
        same = same_share(line, expected)
        partial = len(line.turns[0].outputs) < len(case.task.sequences)
        rows.append(
            [
                name,
                short(line.setting or {}) + (" *" if partial else ""),
                str(len(line.turns)),
                f"{line.rate:,.0f}",
                f"{50 * (max(speeds) - min(speeds)) / line.rate:.0f} %",
                *(_times(factors[p][number]) for p in precisions),
                "-" if line.peak_bytes is None else f"{line.peak_bytes / 1e6:,.0f}",
                "-" if share is None else f"{100 * share:.0f} %",
                "-" if same is None else _percent(*same),
            ]
        )
        notes += [f"{name}, {short(s)}: {r}" for s, r in line.tried if isinstance(r, str)]
        if partial:
            of = f"{len(line.turns[0].outputs)} of {len(case.task.sequences)}"
            notes.append(f"* {name}, {short(line.setting or {})}: some batches of all, {of} inputs")
    return "\n".join([heading(case), *_aligned(rows), *_wrapped(notes)])


def heading(case: Case) -> str:
    """One line that says what the case is."""
    task = case.task
    search = "greedy" if task.beams == 1 else f"{task.beams} beams"
    inputs = sum(map(len, task.sequences)) / len(task.sequences)
    expected = reference(case)
    outputs = sum(map(len, expected.values())) / len(expected) if expected else 0
    return (
        f"{case.shape.title}, {search}: {len(task.sequences):,} inputs of {inputs:.1f} tokens, "
        f"outputs of {outputs:.1f}"
    )


def end_to_end_text(found: EndToEnd) -> str:
    """The end-to-end row."""
    share = 100 * found.codec_seconds / found.engine_seconds
    rest = found.seconds - found.engine_seconds - found.codec_seconds
    return (
        f"Text to text ({found.precision}, {found.beams} beams, the n-best checked): "
        f"{found.sentences:,} sentences, {found.sentences / found.seconds:,.0f} a second, "
        f"{found.tokens / found.seconds:,.0f} tokens/s\n"
        f"  engine {found.engine_seconds:.2f} s, tokenising and detokenising "
        f"{found.codec_seconds:.2f} s ({share:.1f} % of the engine's), splitting, checks and "
        f"the rest {rest:.2f} s"
    )


def machine(*, device: str, gpu: str | None, load: float | None, rates: Rates) -> dict[str, Any]:
    """What the numbers depend on."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in ("torch", "transformers", "ctranslate2")},
        "device": device,
        "gpu": gpu,
        "load_before": load,
        "operations_per_second": rates.operations,
        "bytes_per_second": rates.bandwidth,
    }


def machine_text(found: Mapping[str, Any]) -> str:
    """The machine in two or three lines."""
    versions = ", ".join(f"{k} {v or 'missing'}" for k, v in found["versions"].items())
    speeds = ", ".join(
        f"{name} {rate / 1e9:,.0f} Gop/s" for name, rate in found["operations_per_second"].items()
    )
    where = found.get("gpu") or f"{found['cores']} cores of {found['processor']}"
    lines = [f"{where}; Python {found['python']}, {versions}"]
    if found["bytes_per_second"]:
        moved = f"memory at {found['bytes_per_second'] / 1e9:,.0f} GB/s"
        lines.append(f"floor: large products at {speeds}; {moved}")
    load = found.get("load_before")
    if load is not None and load > 0.5 and found["device"] == "cpu":
        lines.append(
            f"note: the load was {load:.1f} at the start; other work makes these uncertain"
        )
    return "\n".join(_wrapped(lines, indent=""))


def legend() -> str:
    """What the columns mean."""
    return "\n".join(
        _wrapped(
            [
                "n: rounds; tok/s: median of output tokens a second, ends of sequence not counted; "
                "+-: half the range of the rounds; PRECISION x: kortom in that precision is so "
                "many times as fast; MB: peak of memory while decoding, model included; floor: "
                "least possible time over time taken; same: outputs equal to HF's."
            ],
            indent="",
        )
    )


def case_json(case: Case, *, size: Size, rates: Rates) -> dict[str, Any]:
    """A case with all its rounds."""
    expected, factors = reference(case), ratios(case)
    return {
        "shape": case.shape.name,
        "beams": case.task.beams,
        "inputs": len(case.task.sequences),
        "input_tokens": sum(map(len, case.task.sequences)),
        "max_new_tokens": case.task.max_new_tokens,
        "min_new_tokens": case.task.min_new_tokens,
        "search": dict(case.task.search),
        "lines": [
            {
                "subject": line.contestant.subject,
                "precision": line.contestant.precision,
                "best": line.contestant.best,
                "setting": line.setting,
                "tried": [{"setting": s, "result": result} for s, result in line.tried],
                "unavailable": line.unavailable,
                "rounds": [_round(turn) for turn in line.turns],
                "tokens_per_second": line.rate,
                "ours_times": {p: factors[p][number] for p in factors},
                "peak_bytes": line.peak_bytes,
                "floor_share": floor_share(case, line, size=size, rates=rates),
                "same_as_reference": same_share(line, expected),
            }
            for number, line in enumerate(case.lines)
        ],
    }


def short(setting: Setting) -> str:
    """A setting in a few characters."""
    if "tokens" in setting:
        return f"{setting['inter']} x {setting['intra']}, {setting['tokens']} tokens"
    extra = [
        key if value is True else str(value) for key, value in setting.items() if key != "batch"
    ]
    return ", ".join([f"batch {setting['batch']}", *extra]) if "batch" in setting else ""


def _round(turn: Output) -> dict[str, Any]:
    return {
        "inputs": len(turn.outputs),
        "tokens": turn.tokens,
        "seconds": turn.seconds,
        "peak_bytes": turn.peak_bytes,
    }


def _times(factor: float | None) -> str:
    return "-" if factor is None else f"{factor:.2f}"


def _percent(some: int, of: int) -> str:
    if of == 0:
        return "-"
    # 99.96 % is not 100 %.
    return "100 %" if some == of else f"{min(99.9, 100 * some / of):.1f} %"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield ("  " + "  ".join(cells)).rstrip()


def _wrapped(notes: Iterable[str], *, indent: str = "  ") -> list[str]:
    found: list[str] = []
    for note in dict.fromkeys(notes):
        found += textwrap.wrap(note, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ")
    return found


def _processor() -> str:
    try:
        listed = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    found = re.search(r"^model name\s*:\s*(.+)$", listed, flags=re.MULTILINE)
    flags = [name for name in ("avx512_vnni", "avx_vnni", "avx512f", "avx2") if name in listed]
    return f"{found[1] if found else platform.machine()} ({flags[0] if flags else 'no AVX2'})"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
