import re

import pytest

from pipeline.clean import REASONS
from pipeline.clean.cues import FAMILIES
from pipeline.clean.decide import THRESHOLD, WEIGHTS, score, weight
from pipeline.clean.words import FUNCTION_WORDS

PHRASES = [(family, phrase) for family in FAMILIES for phrase in family.phrases]


@pytest.mark.parametrize(
    ("family", "phrase"), PHRASES, ids=[f"{f.reason}:{p[:40]}" for f, p in PHRASES]
)
def test_a_phrase_can_be_reached(family: object, phrase: str) -> None:
    """A turn of phrase is only looked for if a trigger of its family is in the line."""
    words = set(re.findall(r"[a-zà-ÿ'’-]{2,}|18|[a-z]/[a-z]", re.sub(r"\\[a-zA-Z]", " ", phrase)))
    triggers = getattr(family, "triggers", "").split() + getattr(family, "topic", "").split()
    assert words & set(triggers)


def test_every_family_has_a_known_reason() -> None:
    assert {family.reason for family in FAMILIES} <= set(REASONS)


def test_one_good_reason_is_enough_and_a_topic_is_not() -> None:
    assert weight("phrase:newsletter") >= THRESHOLD
    assert weight("label:furniture") >= THRESHOLD
    assert score(["topic:newsletter", "also:app", "mood:reader", "mood:imperative"]) < THRESHOLD


def test_what_somebody_says_outweighs_one_good_reason() -> None:
    assert score(["phrase:newsletter", "topic:newsletter", "keep:reported"]) < THRESHOLD


def test_a_correction_outweighs_everything() -> None:
    drops = [points for points in WEIGHTS.values() if points > 0]
    assert -WEIGHTS["keep:correction"] > sum(sorted(drops)[-3:])


def test_function_words_are_lower_case() -> None:
    assert all(word == word.lower() for word in FUNCTION_WORDS)
