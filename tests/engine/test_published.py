"""The generation settings that well-known models are published with, on random weights.

Each model has the special ids of its namesake, and reads them and its settings from its own
``generation_config.json``, as a downloaded one does. Only T5's settings of a task come from the
caller: they lie in its ``config.json`` under ``task_specific_params``, which neither
``model.generate`` nor the engine looks into.

Most cases divide the published lengths by `SHORTER`: random models ramble on to any limit, and sums
of hundreds of log-probabilities have too few bits left to tell hypotheses apart.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.oracle import (
    VOCABULARY,
    Pair,
    assert_equals_generate,
    build,
    load_pair,
    search_of,
)
from tests.engine.test_parity import CASES, searching

SHORTER = 4

LAST = VOCABULARY - 1  # MarianMT's padding, and its decoder start, is its last id


@dataclass(frozen=True)
class Published:
    """A model's special ids and settings.

    Attributes:
        kind: The family of random weights; see `oracle.build`.
        ids: Special ids, for both configuration files.
        positions: Source and target positions.
        generation: The rest of ``generation_config.json``.
        task: Settings that the caller gives.
    """

    kind: str
    ids: dict[str, Any]
    positions: int
    generation: dict[str, Any] = field(default_factory=dict)
    task: dict[str, Any] = field(default_factory=dict)


_MARIAN = {
    "bos_token_id": 0,
    "eos_token_id": 0,
    "pad_token_id": LAST,
    "decoder_start_token_id": LAST,
    "forced_eos_token_id": 0,
}
_BART = {"bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1, "decoder_start_token_id": 2}
_PEGASUS = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 0, "decoder_start_token_id": 0}
_T5 = {"eos_token_id": 1, "pad_token_id": 0, "decoder_start_token_id": 0}

_OPUS = {"bad_words_ids": [[LAST]], "max_length": 512, "renormalize_logits": True}
_CNN = {
    "num_beams": 4,
    "min_length": 56,
    "max_length": 142,
    "length_penalty": 2.0,
    "early_stopping": True,
    "no_repeat_ngram_size": 3,
}
PUBLISHED = {
    "opus-mt-nl-en": Published("marian", _MARIAN, 512, {**_OPUS, "num_beams": 6}),
    "opus-mt-nl-en, an older copy": Published(
        "marian", _MARIAN, 512, {"bad_words_ids": [[LAST]], "max_length": 512, "num_beams": 4}
    ),
    "bart-large-cnn": Published(
        "bart", {**_BART, "forced_bos_token_id": 0, "forced_eos_token_id": 2}, 1024, _CNN
    ),
    # As published, but with a scaled embedding, so that it is not the same model again.
    "distilbart-cnn-12-6": Published(
        "bart-scaled", {**_BART, "forced_bos_token_id": 0, "forced_eos_token_id": 2}, 1024, _CNN
    ),
    "pegasus-cnn_dailymail": Published(
        "pegasus",
        {**_PEGASUS, "forced_eos_token_id": 1},
        1024,
        {"num_beams": 8, "min_length": 32, "max_length": 128, "length_penalty": 0.8},
    ),
    "mbart-large-50-many-to-many": Published(
        "mbart",
        {**_BART, "forced_eos_token_id": 2},
        1024,
        {"num_beams": 5, "max_length": 200, "early_stopping": True},
        {"forced_bos_token_id": 17},  # the language
    ),
    "m2m100_418M": Published(
        "m2m_100",
        _BART,
        1024,
        {"num_beams": 5, "max_length": 200, "early_stopping": True},
        {"forced_bos_token_id": 17},
    ),
    "t5, summarization": Published(
        "t5",
        _T5,
        512,
        task={
            "num_beams": 4,
            "min_length": 30,
            "max_length": 200,
            "length_penalty": 2.0,
            "early_stopping": True,
            "no_repeat_ngram_size": 3,
        },
    ),
    "t5, translation": Published(
        "t5", _T5, 512, task={"num_beams": 4, "max_length": 300, "early_stopping": True}
    ),
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Pair]:
    """The model of that name, with random weights."""
    made: dict[str, Pair] = {}

    def get(name: str) -> Pair:
        if name not in made:
            made[name] = load_pair(_save(PUBLISHED[name], tmp_path_factory.mktemp("published")))
        return made[name]

    return get


def _save(model: Published, folder: Path) -> Path:
    room = {"n_positions" if model.kind == "t5" else "max_position_embeddings": model.positions}
    special = {name: model.ids.get(name) for name in ("forced_bos_token_id", "forced_eos_token_id")}
    build(model.kind, folder, options={**room, **special, **model.ids})
    settings = json.dumps({**model.ids, **model.generation})
    (folder / "generation_config.json").write_text(settings, encoding="utf-8")
    return folder


def shortened(model: Published) -> dict[str, Any]:
    """The lengths of a model, made small."""
    lengths = {**model.generation, **model.task}
    # Translations end long before 512.
    divisor = 16 if model.kind == "marian" else SHORTER
    return {
        name: lengths[name] // divisor for name in ("min_length", "max_length") if name in lengths
    }


@pytest.mark.parametrize("name", PUBLISHED)
@settings(searching, max_examples=max(3, CASES // 3))
@given(
    inputs=st.lists(st.lists(st.integers(3, LAST - 1), max_size=60), min_size=1, max_size=3),
    data=st.data(),
)
def test_published_settings(
    published: Callable[[str], Pair], name: str, inputs: list[list[int]], data: st.DataObject
) -> None:
    both, model = published(name), PUBLISHED[name]
    beams = {**model.generation, **model.task}["num_beams"]
    count = data.draw(st.integers(1, beams))
    chosen = {**model.task, **shortened(model), "num_return_sequences": count}
    inputs = [[*ids, model.ids["eos_token_id"]] for ids in inputs]
    ours = both.engine.generate(inputs, search_of(both, chosen))
    for ids, found in zip(inputs, ours, strict=True):
        assert_equals_generate(both, found, ids, chosen)


@pytest.mark.parametrize("name", [name for name in PUBLISHED if not name.startswith("opus")])
def test_published_lengths(published: Callable[[str], Pair], name: str) -> None:
    both, model = published(name), PUBLISHED[name]
    inputs = [
        [*(3 + (17 * i * j + 5 * j + i) % (LAST - 3) for j in range(20 + 30 * i)), end]
        for i, end in enumerate([model.ids["eos_token_id"]] * 2)
    ]
    ours = both.engine.generate(inputs, search_of(both, model.task))
    for ids, found in zip(inputs, ours, strict=True):
        assert_equals_generate(both, found, ids, model.task)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_settings_are_read_from_the_folder(published: Callable[[str], Pair], name: str) -> None:
    both, model = published(name), PUBLISHED[name]
    search = both.engine.search
    assert search.beams == model.generation.get("num_beams", 1)
    assert search.max_length == model.generation.get("max_length")
    assert search.early_stopping == model.generation.get("early_stopping", False)
    assert search.ends == (model.ids["eos_token_id"],)
    assert search.decoder_start_token_id == model.ids["decoder_start_token_id"]
    assert search.forced_bos_token_id == model.ids.get("forced_bos_token_id")
    forced = model.ids.get("forced_eos_token_id")
    assert search.forced_eos_token_id == (() if forced is None else (forced,))


def test_a_summary_keeps_the_published_bounds(published: Callable[[str], Pair]) -> None:
    both = published("bart-large-cnn")
    inputs = [[3 + (17 * i * j + 5 * j) % 140 for j in range(20 + 7 * i)] for i in range(6)]
    for found in both.engine.generate(inputs, both.engine.search):
        tokens = found[0].tokens
        assert tokens[0] == 0
        assert tokens[-1] == 2
        # Both bounds count the decoder start, which is not among the tokens.
        assert 56 <= 1 + len(tokens) <= 142
        triples = list(zip(tokens, tokens[1:], tokens[2:], strict=False))
        assert len(triples) == len(set(triples))
