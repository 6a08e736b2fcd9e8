"""Two processes that train one model do what one process does with both their batches.

Run by torchrun, this file is such a training, of a model of one layer.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))  # the recipe is no part of the installed package

from scripts.train.feed import Feed  # noqa: E402
from scripts.train.loop import Loop, LoopConfig  # noqa: E402

Batch = tuple[Tensor, Tensor]


class Points:
    """Rounds of points of a plane: `together` puts so many batches into one."""

    def __init__(self, together: int) -> None:
        self.together = together

    def round(self, number: int, *, progress: float) -> Sequence[Batch]:
        generator = torch.Generator().manual_seed(number)
        values = torch.randn(6 // self.together, 4 * self.together, 3, generator=generator)
        return [(batch, batch.sum(1, keepdim=True)) for batch in values]


class Plane:
    """Learns the plane; its score tells how well."""

    def __init__(self, together: int) -> None:
        self.feed: Feed[Batch] = Feed(lambda: Points(together))

    def loss(self, model: nn.Module, batch: Batch) -> tuple[Tensor, int]:
        values, wanted = batch
        return (model(values) - wanted).float().square().mean(), len(values)

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        return {"score": -float(self.loss(model, Points(1).round(99, progress=1.0)[0])[0])}


def train(
    folder: Path, *, dropout: float, together: int = 1, pause_at: int | None = None
) -> Loop[Batch, nn.Sequential]:
    torch.manual_seed(5)
    model = nn.Sequential(nn.Dropout(dropout), nn.Linear(3, 1))
    config = LoopConfig(seed=3, steps=8, warmup=2, log_steps=4, peak=0.1, clip=100.0)
    loop = Loop(model, Plane(together), config=config, folder=folder, say=lambda _: None)
    loop.run(pause_at=pause_at)
    return loop


def in_two(folder: Path, *, dropout: float, pause_at: int | None = None) -> None:
    subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
            *("--nproc-per-node", "2", __file__, str(folder), str(dropout), str(pause_at or "")),
        ],
        check=True,
        capture_output=True,
        timeout=120,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def read(folder: Path, part: str) -> dict[str, Tensor]:
    saved = torch.load(folder / "checkpoint.pt", weights_only=True)
    found: dict[str, Tensor] = saved[part]
    return found


def test_two_processes_make_the_steps_of_one_with_both_batches(tmp_path: Path) -> None:
    in_two(tmp_path / "two", dropout=0.0)
    loop = train(tmp_path / "one", dropout=0.0, together=2)
    assert loop.tally["tokens"] == 8 * 8
    assert read(tmp_path / "two", "tally")["tokens"] == 8 * 8
    for part in ("model", "average"):
        one, two = (read(tmp_path / name, part) for name in ("one", "two"))
        for name, value in one.items():
            # The products are in bfloat16, rounded after sums of different lengths.
            torch.testing.assert_close(two[name], value, rtol=0, atol=0.01, msg=name)
    assert (tmp_path / "two" / "best.pt").exists()
    lines = (tmp_path / "two" / "log.jsonl").read_text().splitlines()
    assert len(lines) == 3, "one process writes the log"


def test_two_processes_go_on_where_they_were(tmp_path: Path) -> None:
    in_two(tmp_path / "whole", dropout=0.5)
    in_two(tmp_path / "parts", dropout=0.5, pause_at=3)
    assert read(tmp_path / "parts", "state")["step"] == 3
    in_two(tmp_path / "parts", dropout=0.5)
    whole, parts = (read(tmp_path / name, "model") for name in ("whole", "parts"))
    assert all(torch.equal(value, parts[name]) for name, value in whole.items())


def main() -> None:
    folder, dropout, pause_at = sys.argv[1:]
    train(Path(folder), dropout=float(dropout), pause_at=int(pause_at) if pause_at else None)


if __name__ == "__main__":
    main()
