"""The compiled kernels against the same arithmetic in torch."""

import ctypes
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from pipeline.engine import compiled, kernels
from pipeline.engine.compiled import KernelError, library
from pipeline.engine.kernels import Batch, Head, Norm, PackedLinear, addresses, at, block_size
from pipeline.engine.packed import PackedMemory

sizes = st.integers(1, 140)


def rounded(x: Tensor) -> Tensor:
    """Each row in steps of its largest value over 127, halves to the even one."""
    peak = x.abs().amax(1, keepdim=True)
    # `127 / peak` would be a reciprocal times 127, which rounds twice.
    return (x * (torch.full_like(peak, 127) / peak)).round() * (peak / 127)


def expected(x: Tensor, weight: Tensor, bias: Tensor, *, exact: bool) -> Tensor:
    left, right = (x, weight) if exact else (rounded(x), rounded(weight))
    return left.double() @ right.double().T + bias


@settings(deadline=None, max_examples=60)
@given(rows=sizes, inputs=sizes, channels=sizes, exact=st.booleans(), seed=st.integers(0, 10_000))
def test_a_product_is_that_of_the_numbers_or_the_rounded_ones(
    *, rows: int, inputs: int, channels: int, exact: bool, seed: int
) -> None:
    random = torch.Generator().manual_seed(seed)
    x = torch.randn(rows, inputs, generator=random)
    weight = torch.randn(channels, inputs, generator=random)
    bias = torch.randn(channels, generator=random)
    found = PackedLinear(weight, bias, exact=exact)(x)
    assert (found - expected(x, weight, bias, exact=exact)).abs().max() < 1e-4


@settings(deadline=None, max_examples=40)
@given(count=st.integers(2, 200), exact=st.booleans(), seed=st.integers(0, 10_000))
def test_a_row_is_the_same_alone_and_among_others(*, count: int, exact: bool, seed: int) -> None:
    random = torch.Generator().manual_seed(seed)
    x = torch.randn(count, 48, generator=random)
    map_ = PackedLinear(torch.randn(70, 48, generator=random), torch.zeros(70), exact=exact)
    together = map_(x)
    assert all(torch.equal(map_(x[i : i + 1])[0], together[i]) for i in range(count))


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("relu", F.relu),
        ("swish", F.silu),
        ("gelu", F.gelu),
        ("gelu_new", lambda x: F.gelu(x, approximate="tanh")),
        ("tanh", torch.tanh),
    ],
)
@pytest.mark.parametrize("exact", [True, False])
def test_activations(name: str, function: object, *, exact: bool) -> None:
    assert callable(function)
    weight, bias = torch.randn(50, 33) * 4, torch.randn(50)
    x = torch.randn(9, 33)
    plain = PackedLinear(weight, bias, exact=exact)(x)
    activated = PackedLinear(weight, bias, exact=exact, activation=name)(x)
    torch.testing.assert_close(activated, function(plain), atol=2e-6, rtol=2e-6)


@pytest.mark.parametrize("exact", [True, False])
def test_residual_and_norm_follow_the_product(*, exact: bool) -> None:
    map_ = PackedLinear(torch.randn(36, 20), torch.randn(36), exact=exact)
    x, residual = torch.randn(100, 20), torch.randn(100, 36)
    gain, offset = torch.randn(36), torch.randn(36)
    plain = map_(x)
    torch.testing.assert_close(map_(x, residual=residual), plain + residual)
    norm = Norm(gain=at(gain), offset=at(offset))
    torch.testing.assert_close(
        map_(x, residual=residual, norm=norm),
        F.layer_norm(plain + residual, (36,), gain, offset),
        atol=1e-4,
        rtol=1e-4,
    )


@pytest.mark.parametrize("value", [0.0, 1e-30, 1e30])
@pytest.mark.parametrize("exact", [True, False])
def test_rows_of_zeros_and_of_extremes(value: float, *, exact: bool) -> None:
    found = PackedLinear(torch.eye(8), torch.ones(8), exact=exact)(torch.full((2, 8), value))
    torch.testing.assert_close(found, torch.full((2, 8), value + 1), rtol=1e-2, atol=1e-2)


@settings(deadline=None, max_examples=40)
@given(
    rows=st.integers(1, 20),
    columns=st.integers(1, 300),
    count=st.integers(1, 12),
    bans=st.booleans(),
    renormalise=st.booleans(),
    exact=st.booleans(),
    seed=st.integers(0, 10_000),
)
def test_the_best_few_are_those_of_a_log_softmax(
    *, rows: int, columns: int, count: int, bans: bool, renormalise: bool, exact: bool, seed: int
) -> None:
    random = torch.Generator().manual_seed(seed)
    x = torch.randn(rows, 24, generator=random)
    weight = torch.randn(columns, 24, generator=random)
    bias = torch.randn(columns, generator=random)
    head = Head(weight, bias, exact=exact)
    banned = None
    if bans:
        # As long as the padded vocabulary of a search.
        banned = torch.zeros(columns // 64 * 64 + 64)
        banned[torch.randperm(columns, generator=random)[: columns // 2]] = -torch.inf
    values, parents, ids = head.best(
        x, count, totals=torch.zeros(rows, 1), banned=banned, renormalise=renormalise
    )
    assert not parents.any()
    logits = x @ weight.T + bias
    hidden = logits if banned is None else logits + banned[:columns]
    logs = hidden.log_softmax(-1) if renormalise else logits.log_softmax(-1)
    ranked = torch.where(hidden.isneginf(), -torch.inf, logs)
    many = min(count, int((ranked[0] > -torch.inf).sum()))
    assert values[:, many:].isneginf().all()
    real = values[:, :many]
    if exact:
        torch.testing.assert_close(real, ranked.topk(many).values, atol=1e-5, rtol=0)
        torch.testing.assert_close(real, ranked.gather(1, ids[:, :many]), atol=1e-5, rtol=0)
    # Candidates are ranked by their exact logits: only the normaliser carries the integers' error.
    torch.testing.assert_close(real - real[:, :1], _gaps(ranked, ids[:, :many]), atol=1e-4, rtol=0)
    assert (real[:, :1] - ranked.gather(1, ids[:, :1])).abs().max() < 0.3
    assert (ranked.amax(1) - ranked.gather(1, ids[:, :1])[:, 0]).max() < 0.3


def _gaps(scores: Tensor, ids: Tensor) -> Tensor:
    found = scores.gather(1, ids)
    return found - found[:, :1]


@pytest.mark.parametrize("exact", [True, False])
def test_of_equals_the_lower_id_comes_first(*, exact: bool) -> None:
    head = Head(torch.ones(130, 4), torch.zeros(130), exact=exact)
    _, parents, ids = head.best(
        torch.ones(6, 4), 5, totals=torch.zeros(3, 2), banned=None, renormalise=False
    )
    assert not parents.any()
    assert ids.tolist() == [[0, 1, 2, 3, 4]] * 3


@pytest.mark.parametrize(("exact", "error"), [(True, 1e-5), (False, 0.2)])
@pytest.mark.parametrize("beams", [2, 4])
def test_the_beams_of_a_row_compete(beams: int, *, exact: bool, error: float) -> None:
    rows, columns, count = 5, 300, 2 * beams
    x, weight, bias = torch.randn(rows * beams, 32), torch.randn(columns, 32), torch.randn(columns)
    # One that has lost already, and one that leads.
    totals = torch.randn(rows, beams)
    totals[:, -1] = -1e9
    totals[:, 0] += 3
    values, parents, ids = Head(weight, bias, exact=exact).best(
        x, count, totals=totals, banned=None, renormalise=False
    )
    logs = (x @ weight.T + bias).log_softmax(-1).view(rows, beams, columns)
    everything = totals[:, :, None] + logs
    best = everything.flatten(1).topk(count).values
    chosen = everything[torch.arange(rows)[:, None], parents, ids]
    torch.testing.assert_close(values, chosen, atol=error, rtol=0)
    torch.testing.assert_close(values, best, atol=error, rtol=0)
    assert len(set(zip(parents[0].tolist(), ids[0].tolist(), strict=True))) == count


def attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Tensor:
    """One source. *Shape:* ``query [m, heads, width]``, ``key``, ``value [n, heads, width]``."""
    q, k, v = (part.transpose(0, 1) for part in (query, key, value))
    found = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=1.0)
    return found.transpose(0, 1).flatten(1)


@pytest.mark.parametrize(("exact", "error"), [(True, 1e-5), (False, 0.05)])
@pytest.mark.parametrize("width", [2, 8, 16, 24, 64])
@pytest.mark.parametrize("beams", [1, 3, 6, 7])
def test_attention_over_sources_of_any_length(
    width: int, beams: int, *, exact: bool, error: float
) -> None:
    heads, lengths = 3, torch.tensor([1, 15, 16, 17, 40])
    size, starts = heads * width, lengths.cumsum(0) - lengths
    fused = torch.randn(int(lengths.sum()), 3 * size) * 0.5
    parts = fused.view(-1, 3, heads, width)
    found = torch.empty(len(fused), size)
    library().kortom_read(at(fused), at(lengths), len(lengths), heads, width, exact, at(found))
    counts = [
        block_size(heads=heads, width=width, exact=exact, entries=n) for n in lengths.tolist()
    ]
    offsets = torch.tensor(counts).cumsum(0) - torch.tensor(counts)
    pairs, block = fused[:, size:].contiguous(), torch.empty(sum(counts), dtype=torch.int32)
    library().kortom_arrange(
        at(pairs), at(lengths), at(offsets), len(lengths), heads, width, exact, at(block)
    )
    blocks = addresses([block])
    batch = Batch(
        rows=len(lengths),
        beams=beams,
        offsets=at(offsets),
        lengths=at(lengths),
        sources=ctypes.addressof(blocks),
    )
    query = torch.randn(len(lengths) * beams, size)
    consulted = torch.empty_like(query)
    library().kortom_consult(ctypes.byref(batch), heads, width, exact, at(query), at(consulted))
    for row, (start, n) in enumerate(zip(starts.tolist(), lengths.tolist(), strict=True)):
        q, k, v = parts[start : start + n].unbind(1)
        torch.testing.assert_close(
            found[start : start + n], attention(q, k, v), atol=error, rtol=error
        )
        asked = query[row * beams : (row + 1) * beams].view(beams, heads, width)
        torch.testing.assert_close(
            consulted[row * beams : (row + 1) * beams],
            attention(asked, k, v),
            atol=error,
            rtol=error,
        )


@pytest.mark.parametrize(("exact", "error"), [(True, 1e-5), (False, 0.05)])
@pytest.mark.parametrize("beams", [1, 2, 4])
def test_each_beam_sees_its_own_past(beams: int, *, exact: bool, error: float) -> None:
    rows, heads, width, steps = 3, 2, 8, 40
    size = heads * width
    words = rows * block_size(heads=heads, width=width, exact=exact, entries=1)
    source = torch.zeros(words, dtype=torch.int32)
    memory = PackedMemory(
        [source],
        offsets=torch.zeros(rows, dtype=torch.long),
        lengths=torch.ones(rows, dtype=torch.long),
        beams=beams,
        longest=steps,
        heads=heads,
        width=width,
        exact=exact,
    )
    histories = [[torch.empty(0, 2, heads, width)] * beams for _ in range(rows)]
    for step in range(steps):
        if step == steps // 2:
            # A row leaves, and the last one takes its place.
            memory.keep([2, 1])
            histories = [histories[2], histories[1]]
            rows = 2
        fused = torch.randn(rows * beams, 3 * size) * 0.7
        found = torch.empty(rows * beams, size)
        batch = memory.advance()
        library().kortom_recall(ctypes.byref(batch), heads, width, exact, at(fused), at(found))
        parts = fused.view(rows, beams, 3, heads, width)
        for row in range(rows):
            for beam in range(beams):
                own = torch.cat([histories[row][beam], parts[row, beam, 1:][None]])
                histories[row][beam] = own
                right = attention(parts[row, beam, :1], own[:, 0], own[:, 1])
                torch.testing.assert_close(
                    found[row * beams + beam][None], right, atol=error, rtol=error
                )
        parents = torch.randint(beams, (rows, beams))
        histories = [
            [histories[row][parent] for parent in parents[row].tolist()] for row in range(rows)
        ]
        memory.follow(parents)


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A machine that has not compiled the kernels yet."""
    monkeypatch.setenv("KORTOM_CACHE", str(tmp_path / "cache"))
    library.cache_clear()
    yield tmp_path / "cache"
    library.cache_clear()


def test_without_a_compiler_the_error_says_what_to_install(
    uncompiled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(uncompiled))
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(KernelError, match=r"C\+\+ compiler.*apt-get install g\+\+.*float32"):
        kernels.instructions()
    assert not kernels.fast_in_float32()
    assert "float32 by torch" in kernels.summary()
    assert "apt-get install g++" in kernels.summary()


def test_a_cache_that_cannot_be_written_is_named(
    uncompiled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uncompiled.write_text("a file where a folder should be")
    with pytest.raises(KernelError, match=r"cache.*KORTOM_CACHE"):
        kernels.instructions()


@pytest.mark.parametrize("exact", [True, False])
def test_the_portable_kernels_make_the_same_numbers(
    uncompiled: Path, monkeypatch: pytest.MonkeyPatch, *, exact: bool
) -> None:
    x, weight, bias = torch.randn(20, 70), torch.randn(90, 70), torch.randn(90)
    library.cache_clear()
    monkeypatch.delenv("KORTOM_CACHE")
    native = PackedLinear(weight, bias, exact=exact)(x)
    monkeypatch.setenv("KORTOM_CACHE", str(uncompiled))
    monkeypatch.setattr(compiled, "_NATIVE", ())
    library.cache_clear()
    assert kernels.instructions() == "portable"
    assert not kernels.fast_in_float32()
    portable = PackedLinear(weight, bias, exact=exact)(x)
    torch.testing.assert_close(native, portable, atol=1e-4, rtol=1e-5)
    assert len(list(uncompiled.glob("kernels-*.so"))) == 1


def test_a_source_that_does_not_compile_is_reported(
    uncompiled: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "native").mkdir()
    (tmp_path / "native" / "kernels.cpp").write_text("this is not C++")
    monkeypatch.setattr(compiled, "_SOURCES", tmp_path / "native")
    with pytest.raises(KernelError, match=r"cannot compile.*kernels.cpp"):
        kernels.instructions()
    assert not list(uncompiled.iterdir())
