"""Floors hold, rise with what was measured, and fall only by leave and with a reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.evaluation.floors import LOWERED, FloorError, broken, raise_floors, read_floors

SLACK = {"bleu_at_least": 0.3, "loops_at_most": 0.1}


def test_a_broken_floor_is_named_with_both_figures() -> None:
    bounds = {"bleu_at_least": 11.5, "loops_at_most": 0.2}
    assert broken({"bleu": 11.5, "loops": 0.2}, bounds) == []
    assert broken({"bleu": 11.4, "loops": 0.3}, bounds) == [
        "bleu is 11.4, under 11.5",
        "loops is 0.3, over 0.2",
    ]
    assert broken({"bleu": float("nan"), "loops": 0.0}, bounds)


def test_a_floor_on_nothing_measured_is_an_error() -> None:
    with pytest.raises(FloorError, match="chrf_at_least"):
        broken({"bleu": 1.0}, {"chrf_at_least": 3.0})
    with pytest.raises(FloorError, match="must end in"):
        broken({"bleu": 1.0}, {"bleu": 3.0})


def test_floors_rise_and_do_not_fall_by_themselves(tmp_path: Path) -> None:
    path = tmp_path / "floors.json"
    raise_floors(path, "models", {"bleu": 12.0, "loops": 0.0}, slack=SLACK)
    first = {"bleu_at_least": 11.7, "loops_at_most": 0.1}
    assert read_floors(path, "models") == first
    # A little worse, but above the floor: it stays where it is.
    raise_floors(path, "models", {"bleu": 11.8, "loops": 0.05}, slack=SLACK)
    assert read_floors(path, "models") == first
    raise_floors(path, "models", {"bleu": 15.0, "loops": 0.05}, slack=SLACK)
    assert read_floors(path, "models") == {"bleu_at_least": 14.7, "loops_at_most": 0.1}
    with pytest.raises(FloorError, match="--lower-floors"):
        raise_floors(path, "models", {"bleu": 14.0, "loops": 0.0}, slack=SLACK)


def test_lowering_wants_a_reason_and_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "floors.json"
    raise_floors(path, "models", {"bleu": 12.0, "loops": 0.0}, slack=SLACK)
    raise_floors(path, "clean", {"bleu": 9.0, "loops": 0.0}, slack=SLACK)
    before = path.read_text()
    with pytest.raises(FloorError, match="reason"):
        raise_floors(path, "models", {"bleu": 10.0, "loops": 0.0}, slack=SLACK, lower=True)
    assert path.read_text() == before
    raise_floors(
        path,
        "models",
        {"bleu": 10.0, "loops": 0.05},
        slack=SLACK,
        lower=True,
        reason="half the size",
    )
    # The floor that was not broken stays.
    assert read_floors(path, "models") == {"bleu_at_least": 9.7, "loops_at_most": 0.1}
    assert read_floors(path, "clean")["bleu_at_least"] == 8.7
    [entry] = json.loads(path.read_text())[LOWERED]
    assert entry["reason"] == "half the size"
    assert entry["floors"] == {"bleu_at_least": {"from": 11.7, "to": 9.7}}
