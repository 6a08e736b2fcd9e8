"""Small random models of every architecture, saved once per session."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import transformers

from tests.engine.oracle import Pair, build, load_pair


@pytest.fixture(scope="session", autouse=True)
def _quick_and_quiet() -> None:
    """Small products are slower on two threads than on one, and slowest on a busy machine."""
    torch.set_num_threads(1)
    # Written to stderr for each of hundreds of loads and calls.
    for quiet in ("disable_progress_bar", "set_verbosity_error"):
        getattr(transformers.logging, quiet)()


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Pair]:
    """Our engine and HF's model, of the same small random weights, by architecture.

    ``"bart"`` is decoded by the compiled kernels where there are any, ``"bart@torch"`` by torch.
    """
    made: dict[str, Pair] = {}

    def get(kind: str) -> Pair:
        if kind not in made:
            name, _, way = kind.partition("@")
            folder = build(name, tmp_path_factory.mktemp(name))
            made[kind] = load_pair(folder, compiled=way != "torch")
        return made[kind]

    return get


@pytest.fixture
def marian_folder(tmp_path: Path) -> Path:
    """A folder with a small Marian model, free to be damaged."""
    return build("marian", tmp_path / "marian")
