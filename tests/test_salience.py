from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.salience import (
    TABLE,
    WEIGHTS,
    feature_names,
    likely_sets,
    read_weights,
    sentence_sets,
)

WORDS = st.sampled_from(["Council", "votes", "12", "She", '"No', "today?", "river", "flood."])
SENTENCES = st.lists(st.lists(WORDS, min_size=1, max_size=9).map(" ".join), min_size=1, max_size=7)


@given(SENTENCES, st.integers(1, 30), st.integers(1, 30))
def test_all_sets_within_the_bounds_are_weighed(
    sentences: list[str], fewest: int, more: int
) -> None:
    sizes = [len(s.split()) for s in sentences]
    most = max(fewest + more, min(sizes))
    every = {
        chosen: sum(sizes[i] for i in chosen)
        for count in range(1, len(sentences) + 1)
        for chosen in combinations(range(len(sentences)), count)
    }
    within = {chosen: words for chosen, words in every.items() if words <= most}
    least = min(fewest, max(within.values()))
    found = {s.indices: s.words for s in sentence_sets(sentences, fewest=fewest, most=most)}
    reached = [i for i in range(len(sentences)) if sum(sizes[:i]) <= 3 * most]
    wanted = {c: w for c, w in within.items() if w >= least and set(c) <= set(reached)}
    if len(reached) == len(sentences):
        assert found == wanted
    else:
        assert {c: w for c, w in found.items() if len(c) > 1}.items() <= within.items()


@given(SENTENCES, st.integers(1, 12), st.integers(0, 12))
def test_there_is_a_set_for_any_text_and_any_bounds(
    sentences: list[str], fewest: int, more: int
) -> None:
    for indices in likely_sets(sentences, fewest=fewest, most=fewest + more):
        assert indices
        assert list(indices) == sorted(set(indices))
        words = sum(len(sentences[i].split()) for i in indices)
        assert words <= fewest + more or len(indices) == 1


def test_hundreds_of_tiny_sentences_are_soon_done() -> None:
    [best, *_] = likely_sets(["Yes."] * 500, fewest=15, most=40)
    assert len(best) >= 15


def test_a_digest_begins_with_what_happened_and_leaves_fragments_of_quotes_out() -> None:
    article = [
        "The council of Gouda voted on Tuesday to build a new swimming pool for 31 million euros.",
        'She said: "We have waited for this for years.',
        "The pool will open in 2028, two years later than planned, the alderman told the council.",
        "Is that too late?",
        "The old pool on the river has leaked for years and will close when the new pool opens.",
    ]
    [best, *_] = likely_sets(article, fewest=40, most=60)
    assert best == (0, 2, 4)


def test_the_table_has_every_feature_and_no_other() -> None:
    assert list(WEIGHTS) == list(feature_names())
    [chosen, *_] = sentence_sets(["A man walked into the river."] * 5, fewest=1, most=30)
    assert set(chosen.features) <= set(WEIGHTS)


def test_a_broken_table_is_named(tmp_path: Path) -> None:
    path = tmp_path / "salience.tsv"
    path.write_text(TABLE.read_text(encoding="utf-8") + "length\tlong\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"salience.tsv, line \d+: 'length"):
        read_weights(path)
