"""The memory of slots: tenants come and go, and leave nothing to the next; half formats work."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from pipeline.engine.inflight import InFlight
from pipeline.engine.network import Network
from pipeline.engine.slots import Extent, SlotMemory, Slots
from pipeline.engine.weights import Weights, read_config
from tests.engine.oracle import EOS, Pair
from tests.engine.test_inflight import decoded, filled, some_inputs

LAYERS, HEADS, WIDTH, SOURCE = 1, 2, 8, 16


def moved_in(slots: Slots, memory: SlotMemory, place: int, cross: Tensor) -> None:
    places = torch.tensor([place])
    memory.admit(places, cross=cross, hidden=None)
    slots.admit(places)


def one_step(slots: Slots, memory: SlotMemory, entry: Tensor) -> tuple[Tensor, Tensor]:
    slots.begin()
    memory.advance()
    recalled = memory.recall(0, entry, keys=entry, values=entry)
    consulted = memory.consult(0, entry)
    slots.end(torch.zeros(slots.count, dtype=torch.bool))
    return recalled, consulted


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
@pytest.mark.parametrize("beams", [1, 3])
def test_a_tenant_leaves_nothing_to_the_next(dtype: torch.dtype, beams: int) -> None:
    torch.manual_seed(0)
    cross = torch.randn(LAYERS, 2, 1, HEADS, 5, WIDTH, dtype=dtype)
    entries = [torch.randn(2, HEADS, beams, WIDTH, dtype=dtype) for _ in range(3)]
    # In float16 even an overflow must not reach the next tenant.
    earlier = torch.full_like(entries[0], 3e4 if dtype == torch.float32 else torch.inf)
    wide = torch.full((LAYERS, 2, 1, HEADS, 16, WIDTH), float(earlier.max()), dtype=dtype)
    found = []
    for haunted in (False, True):
        slots = Slots(2, beams=beams, longest=20, device=torch.device("cpu"))
        memory = SlotMemory(slots, like=cross, source=SOURCE)
        slots.extent = Extent(rows=2, steps=16, source=16)
        moved_in(slots, memory, 0, cross)
        if haunted:
            moved_in(slots, memory, 1, wide)
            for _ in range(9):
                one_step(slots, memory, earlier)
        moved_in(slots, memory, 1, cross)
        steps = [one_step(slots, memory, entry) for entry in entries]
        found.append([(recalled[1], consulted[1]) for recalled, consulted in steps])
    for clean, after in zip(*found, strict=True):
        for expected, got in zip(clean, after, strict=True):
            assert expected.isfinite().all()
            assert torch.allclose(got, expected, atol=1e-3 if dtype == torch.float16 else 1e-6)


def test_beams_see_their_own_path_alone() -> None:
    torch.manual_seed(1)
    slots = Slots(1, beams=2, longest=20, device=torch.device("cpu"))
    cross = torch.randn(LAYERS, 2, 1, HEADS, 5, WIDTH)
    memory = SlotMemory(slots, like=cross, source=SOURCE)
    slots.extent = Extent(rows=1, steps=16, source=16)
    moved_in(slots, memory, 0, cross)
    entries = [torch.randn(1, HEADS, 2, WIDTH) for _ in range(3)]
    one_step(slots, memory, entries[0])
    memory.follow(torch.tensor([[1, 1]]))  # both descend from the second
    one_step(slots, memory, entries[1])
    memory.follow(torch.tensor([[1, 0]]))  # and change places
    recalled, _ = one_step(slots, memory, entries[2])
    for beam, path in enumerate([(1, 1, 0), (1, 0, 1)]):
        own = torch.stack([entry[:, :, at] for entry, at in zip(entries, path, strict=True)], 2)
        query = entries[2][:, :, beam : beam + 1]
        weights = (query @ own.transpose(2, 3)).softmax(-1)
        assert torch.allclose(recalled[:, :, beam : beam + 1], weights @ own, atol=1e-6)


@pytest.mark.parametrize(("dtype", "least"), [(torch.float16, 0.85), (torch.bfloat16, 0.3)])
@pytest.mark.parametrize("beams", [1, 4])
def test_half_formats_decode_in_slots(
    pair: Callable[[str], Pair], dtype: torch.dtype, least: float, beams: int
) -> None:
    both = pair("marian@torch")
    network = Network(
        read_config(both.folder),
        weights=Weights.read(both.folder),
        device=torch.device("cpu"),
        dtype=dtype,
    )
    search = filled(both, {"num_beams": beams, "max_length": 24, "forced_eos_token_id": EOS})
    inputs = some_inputs(40, longest=20)
    found = decoded(InFlight(network, slots=8), inputs, search)
    exact = both.engine.generate(inputs, search)
    same = sum(found[i][0].tokens == row[0].tokens for i, row in enumerate(exact))
    assert same >= least * len(inputs)
