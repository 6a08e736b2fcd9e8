"""The models that ship, and the one they started from: equal to ``model.generate`` on real ids."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import sentencepiece

from tests.engine.oracle import Pair, assert_same, load_pair, reference, search_of

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("KORTOM_SHARED", ROOT.parent / "shared"))
FOLDERS = {
    "nl-en-compact": ROOT / "pipeline" / "bundled" / "nl-en-compact",
    "en-summary-compact": ROOT / "pipeline" / "bundled" / "en-summary-compact",
    "nl-en-seed": SHARED / "models" / "nl-en-seed",
}
DUTCH = [
    "De gemeente wil volgend jaar twintig nieuwe woningen bouwen.",
    "Wat gebeurt er nu?",
    "Volgens de politie is er niemand gewond geraakt bij het ongeluk op de A2.",
    "De minister zei dinsdag dat het kabinet 3,4 miljard euro uittrekt voor het onderwijs, maar "
    "de bonden vinden dat veel te weinig en kondigen nieuwe acties aan.",
    "Ja.",
]


@pytest.fixture(scope="module")
def real() -> Callable[[str], Pair]:
    made: dict[str, Pair] = {}

    def get(name: str) -> Pair:
        folder = FOLDERS[name]
        if not (folder / "config.json").is_file():
            pytest.skip(f"no model at {folder}")
        if name not in made:
            made[name] = load_pair(folder)
        return made[name]

    return get


def sentences(pair: Pair) -> list[list[int]]:
    """Source ids of the sentences, by the model's own pieces and vocabulary."""
    import json

    pieces = sentencepiece.SentencePieceProcessor(model_file=str(pair.folder / "source.spm"))
    ids = json.loads((pair.folder / "vocab.json").read_text(encoding="utf-8"))
    return [
        [*(ids.get(piece, ids["<unk>"]) for piece in pieces.encode(text, out_type=str)), 0]
        for text in DUTCH
    ]


@pytest.mark.parametrize("name", ["nl-en-compact", "nl-en-seed"])
@pytest.mark.parametrize(
    "chosen",
    [
        {"num_beams": 1, "max_length": 64},
        {"num_beams": 4, "max_length": 64, "num_return_sequences": 4},
        {"num_beams": 6, "max_length": 64, "length_penalty": 0.6, "early_stopping": True},
    ],
    ids=["greedy", "four-beams", "six-beams"],
)
def test_translation(real: Callable[[str], Pair], name: str, chosen: dict[str, object]) -> None:
    pair = real(name)
    inputs = sentences(pair)
    ours = pair.engine.generate(inputs, search_of(pair, chosen))
    for ids, found in zip(inputs, ours, strict=True):
        assert_same(found, reference(pair, ids, chosen))


@pytest.mark.parametrize("beams", [1, 4])
def test_summary(real: Callable[[str], Pair], beams: int) -> None:
    pair = real("en-summary-compact")
    known, longest = pair.engine.vocab_size, pair.engine.max_source_positions or 512
    inputs = [
        [10 + (37 * k * k + 11 * j * (k + 3)) % (known - 20) for j in range(length)]
        for k, length in enumerate((40, 120, min(300, longest)))
    ]
    chosen = {"num_beams": beams, "max_length": 70, "num_return_sequences": beams}
    ours = pair.engine.generate(inputs, search_of(pair, chosen))
    for ids, found in zip(inputs, ours, strict=True):
        assert_same(found, reference(pair, ids, chosen))
