"""The kernel attends as torch does: on a GPU, or in Triton's interpreter where there is none."""

import importlib
import os
from types import ModuleType

import pytest
import torch
from torch import Tensor

from pipeline.engine.slots import attend

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
FORMATS = [torch.float32, torch.float16, *([torch.bfloat16] if DEVICE == "cuda" else [])]


pytestmark = pytest.mark.skipif(
    DEVICE == "cpu" and "TRITON_INTERPRET" not in os.environ,
    reason="needs a GPU, or Triton installed and TRITON_INTERPRET=1 set",
)


@pytest.fixture
def fused() -> ModuleType:
    pytest.importorskip("triton", reason="no Triton here: torch brings it for NVIDIA GPUs")
    return importlib.import_module("pipeline.engine.fused")


def error(found: Tensor, expected: Tensor) -> float:
    return float((found.double() - expected.double()).norm() / expected.double().norm())


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("width", [8, 16, 64])
@pytest.mark.parametrize("beams", [1, 4, 20])
@pytest.mark.parametrize("masked", [True, False])
def test_it_attends_as_torch_does(
    fused: ModuleType, dtype: torch.dtype, width: int, beams: int, masked: bool
) -> None:
    torch.manual_seed(beams)
    rows, heads, n = 3, 2, 80
    query = torch.randn(rows, beams, heads, width, dtype=dtype, device=DEVICE).transpose(1, 2)
    # Views with gaps, as the slots' are.
    block = torch.randn(2, rows, heads, n + 16, width, dtype=dtype, device=DEVICE)
    keys, values = block[:, :, :, :n]
    counts = torch.tensor([1, 33, n], device=DEVICE)
    absent = torch.arange(n, device=DEVICE) >= counts[:, None, None, None]
    hidden = torch.zeros(rows, 1, beams, n, dtype=dtype, device=DEVICE)
    if masked:
        hidden.masked_fill_(torch.rand(hidden.shape, device=DEVICE) < 0.5, -torch.inf)
        # A whole tile may be off the path, but never all of them.
        hidden[:, :, :, 1:40] = -torch.inf
        hidden[..., 0] = 0
    hidden.masked_fill_(absent, -torch.inf)
    expected = attend(
        query.double(),
        keys.double(),
        values.double(),
        hidden=hidden.double(),
        counts=counts,
        masked=masked,
    )
    # What is past the count is never read: it may be anything.
    broken = block.masked_fill(
        torch.arange(n + 16, device=DEVICE)[:, None] >= counts[:, None, None, None], torch.nan
    )
    # Heads too narrow for matrix units are left to torch.
    inputs = (keys, values) if width == 8 else broken[:, :, :, :n]
    found = fused.attend(query, *inputs, hidden=hidden, counts=counts, masked=masked)
    assert found.shape == expected.shape
    assert (
        error(found, expected)
        < {torch.float32: 1e-5, torch.float16: 2e-3, torch.bfloat16: 2e-2}[dtype]
    )
