"""What the trainings are shown: filters, vocabulary, mixtures, rounds drawn ahead."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.tokenization import MarianCodec
from scripts.train.alignment import alignment_scores
from scripts.train.augment import vary_headline
from scripts.train.choices import BOS, EOS, MASK
from scripts.train.feed import Feed
from scripts.train.mixture import PairBatch, PairMixture, Pieces
from scripts.train.pairs import languages_differ, refusal
from scripts.train.summary_mixture import Article, SummaryMixture, mask_spans
from scripts.train.vocabulary import TAG, train_vocabulary

NOUNS = {"huis": "house", "boom": "tree", "fiets": "bicycle", "brug": "bridge", "markt": "market"}
VERBS = {"staat": "stands", "valt": "falls", "brandt": "burns", "groeit": "grows"}


def made_pairs(count: int) -> list[tuple[str, str]]:
    generator = np.random.default_rng(5)
    pairs = []
    for number in range(count):
        nouns, verb = generator.choice(list(NOUNS), 2), generator.choice(list(VERBS))
        dutch = f"In {number} {verb} het {nouns[0]} naast de {nouns[1]}."
        english = f"In {number} the {NOUNS[nouns[0]]} {VERBS[verb]} beside the {NOUNS[nouns[1]]}."
        pairs.append((dutch, english))
    return pairs


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vocabulary")
    train_vocabulary((text for pair in made_pairs(300) for text in pair), folder, size=56)
    return folder


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pairs") / "pairs.tsv"
    groups = ["news:written", "back"]
    path.write_text(
        "".join(f"{nl}\t{en}\t{groups[i % 2]}\n" for i, (nl, en) in enumerate(made_pairs(200)))
    )
    return path


def settings(**changes: Any) -> dict[str, Any]:
    stage = {"until": 1.0, "sample": 0.5, "mixture": {"news:written": 2, "back": 1, "figures": 1}}
    defaults = {
        "batch_tokens": 300,
        "round": 40,
        "longest": 80,
        "split": 0.3,
        "swap": 0.3,
        "join": 0.2,
        "headline": 0.2,
        "stages": [stage],
    }
    return defaults | changes


def same(ours: list[PairBatch], theirs: list[PairBatch]) -> bool:
    return len(ours) == len(theirs) and all(
        np.array_equal(a.source, b.source) and np.array_equal(a.target, b.target)
        for a, b in zip(ours, theirs, strict=True)
    )


def test_pairs_that_are_no_translations_score_lowest() -> None:
    pairs = made_pairs(400)
    english = [en for _, en in pairs]
    english[10], english[200] = "A dog and a cat beside the burns.", english[10]
    scores = alignment_scores([nl for nl, _ in pairs], english)
    assert set(np.argsort(scores)[:2].tolist()) == {10, 200}
    assert alignment_scores(["x", ""], ["y", ""]).tolist() == [0, 0]


def test_filters_name_their_reason() -> None:
    prose = "De gemeente wil dat er meer huizen worden gebouwd."
    assert refusal(prose, "The council wants more houses to be built.", "technical") is None
    assert refusal("Klik op Opslaan om het bestand nu te bewaren.", "x", "technical") == "length"
    assert (
        refusal(
            "Klik op Opslaan om het hele bestand nu te bewaren.",
            "Click Save to keep the whole file now.",
            "technical",
        )
        == "interface"
    )
    assert refusal("Er zijn 3 honden.", "There are 4 dogs.", "tatoeba") == "digits"
    assert refusal("man", "a, the man", "freedict") == "dictionary"
    assert not languages_differ("The cat is on the mat.", "The cat is on the mat.")
    assert not languages_differ("Dit is fijn.", "这很好")
    assert not languages_differ("This is what the people of that town like.", "Dat is het.")
    assert languages_differ("NASA en ESA", "NASA and ESA")


def test_the_vocabulary_spells_figures_and_hides_the_tag(vocabulary: Path) -> None:
    pieces = Pieces(vocabulary)
    codec = MarianCodec(vocabulary)
    assert codec.encode(["In 12 valt het huis."])[0] == pieces.encode("In 12 valt het huis.")
    assert pieces.id_of(TAG) is not None
    assert pieces.id_of(TAG) not in pieces.encode(f"{TAG} In 12")
    assert codec.encode(["In 12"], prefix=TAG)[0][0] == pieces.id_of(TAG)
    digits = [pieces.spm.id_to_piece(i) for i in range(len(pieces.spm))]
    assert not any(len(piece.strip("▁")) > 1 and any(map(str.isdigit, piece)) for piece in digits)


def test_a_round_is_a_function_of_its_number(vocabulary: Path, pairs: Path) -> None:
    make = partial(PairMixture, vocabulary, pairs=[pairs], settings=settings(), seed=3)
    one, two = make(), make()
    two.round(7, progress=0.0)
    assert same(one.round(2, progress=0.0), two.round(2, progress=0.0))
    assert not same(one.round(2, progress=0.0), one.round(3, progress=0.0))


def test_another_cut_spells_the_same_text(vocabulary: Path) -> None:
    pieces = Pieces(vocabulary)
    text = "In 12 valt het huis naast de markt."
    usual = pieces.encode(text)
    generator = np.random.default_rng(1)
    cuts = [pieces.encode(text, split=0.5, generator=generator) for _ in range(20)]
    assert any(cut != usual for cut in cuts)
    codec = MarianCodec(vocabulary)
    assert set(codec.decode(cuts)) == {codec.decode([usual])[0]}


def test_batches_keep_to_their_budget_and_count_their_tokens(vocabulary: Path, pairs: Path) -> None:
    mixture = PairMixture(vocabulary, pairs=[pairs], settings=settings(multiple=8), seed=3)
    pad = mixture.pieces.pad
    for batch in mixture.round(0, progress=0.0):
        assert batch.source.shape[1] % 8 == batch.target.shape[1] % 8 == 0
        assert batch.tokens == (batch.source != pad).sum() + (batch.target != pad).sum()
        assert batch.tokens <= 300
        for row in (*batch.source, *batch.target):
            assert row[row != pad][-1] == mixture.pieces.end


def test_made_dutch_is_tagged_and_the_reverse_swaps_sides(vocabulary: Path, pairs: Path) -> None:
    plain = {
        "sample": 0.0,
        "until": 1.0,
        "mixture": {"back": 1},
    }
    changes: dict[str, Any] = {"swap": 0.0, "headline": 0.0, "stages": [plain], "tagged": ["back"]}
    tagged = PairMixture(vocabulary, pairs=[pairs], settings=settings(**changes), seed=3)
    changes |= {"direction": "en-nl", "tagged": []}
    turned = PairMixture(vocabulary, pairs=[pairs], settings=settings(**changes), seed=3)
    tag = tagged.tag
    ours = {
        (tuple(s[s != tagged.pieces.pad]), tuple(t[t != tagged.pieces.pad]))
        for batch in tagged.round(0, progress=0.0)
        for s, t in zip(batch.source, batch.target, strict=True)
    }
    theirs = {
        ((tag, *t[t != turned.pieces.pad]), tuple(s[s != turned.pieces.pad]))
        for batch in turned.round(0, progress=0.0)
        for s, t in zip(batch.source, batch.target, strict=True)
    }
    assert ours == theirs
    assert len(ours) == 40


def test_stages_with_other_groups_draw_from_their_own(vocabulary: Path, tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    sizes = {"a": 5, "b": 50, "c": 20}
    rows = [(pair, group) for group, size in sizes.items() for pair in made_pairs(size)]
    path.write_text("".join(f"{nl}\t{en}\t{group}\n" for (nl, en), group in rows))
    stages = [
        {"until": 0.5, "sample": 0.0, "mixture": {"b": 1, "c": 1}},
        {"until": 1.0, "sample": 0.0, "mixture": {"a": 1, "c": 1}},
    ]
    make = partial(PairMixture, vocabulary, pairs=[path], seed=3)
    both = make(settings=settings(stages=stages))
    both.round(0, progress=0.1)
    later = both.round(1, progress=0.9)
    assert same(later, make(settings=settings(stages=stages)).round(1, progress=0.9))


def test_a_group_without_pairs_is_an_error(vocabulary: Path, pairs: Path) -> None:
    stage = {"until": 1.0, "sample": 0.0, "mixture": {"distilled": 1}}
    with pytest.raises(ValueError, match="distilled"):
        PairMixture(vocabulary, pairs=[pairs], settings=settings(stages=[stage]), seed=3)


def test_workers_draw_the_rounds_that_would_be_drawn_here(vocabulary: Path, pairs: Path) -> None:
    make = partial(PairMixture, vocabulary, pairs=[pairs], settings=settings(), seed=3)
    here: Feed[PairBatch] = Feed(make)
    ahead: Feed[PairBatch] = Feed(make, workers=1)
    try:
        for number in range(3):
            ahead.want(number, progress=0.5)
        for number in range(3):
            ours = list(ahead.round(number, progress=0.5))
            assert same(ours, list(here.round(number, progress=0.5)))
    finally:
        ahead.close()


def test_headlines_lose_their_full_stop_on_both_sides_or_neither() -> None:
    generator = np.random.default_rng(0)
    seen = {vary_headline("De brug valt.", "The bridge falls.", generator) for _ in range(80)}
    assert seen == {
        ("De brug valt", "The bridge falls"),
        ("DE BRUG VALT", "THE BRIDGE FALLS"),
        ("de brug valt", "The bridge falls"),
    }
    long = ("woord " * 14 + "einde.", "word " * 14 + "end.")
    assert vary_headline(*long, generator) == long
    assert vary_headline("Valt de brug?", "Does it fall?", generator)[0] == "Valt de brug?"


def article() -> Article:
    sentences = [[10 + i, 20 + i, 30 + i, 40 + i] for i in range(6)]
    return Article("digest", sentences, [4] * 6, [([0, 2], 0.5)], [90, 91], [92, 93, 94])


def summary_example(task: str) -> Any:
    stage = {"until": 1.0, "longest": 100, "disguise": [0.0, 0.0], "mixture": {f"{task}:digest": 1}}
    chosen = {
        "batch_tokens": 400,
        "round": 1,
        "intruder": 0.0,
        "temperature": 0.02,
        "lead_words": 8,
        "mask_share": 0.5,
        "denoise_target": 100,
        "stages": [stage],
    }
    [[example]] = SummaryMixture([article()], settings=chosen, seed=1).round(4, progress=0.0)
    return example


def test_the_tasks_of_the_summariser() -> None:
    tokens = article().sentences
    gap = summary_example("gap")
    assert gap.labels == [BOS, *tokens[0], *tokens[2], EOS]
    assert gap.source[:6] == [BOS, MASK, *tokens[1]]
    headline = summary_example("headline")
    assert headline.labels == [BOS, 90, 91, EOS]
    assert headline.source[:2] == [BOS, MASK]
    digest = summary_example("digest")
    assert digest.labels == [BOS, 92, 93, 94, EOS]
    assert digest.source == [BOS, *(t for s in tokens for t in s), EOS]
    denoise = summary_example("denoise")
    restored = denoise.labels[1:-1]
    assert restored[-4:] == tokens[-1]
    assert MASK in denoise.source
    assert set(denoise.source) <= {BOS, EOS, MASK, *restored}


@given(st.lists(st.integers(5, 99), max_size=60), st.floats(0, 1), st.integers(0, 2**20))
def test_masking_keeps_the_order_of_what_it_leaves(
    tokens: list[int], share: float, seed: int
) -> None:
    masked = mask_spans(tokens, share, np.random.default_rng(seed))
    rest = iter(tokens)
    assert all(token in rest for token in masked if token != MASK)
    assert len(masked) <= len(tokens)
    assert mask_spans(tokens, 0.0, np.random.default_rng(seed)) == tokens
