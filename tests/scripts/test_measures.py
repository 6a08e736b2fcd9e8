"""What the evaluation counts beside BLEU and ROUGE, and the gate on the bundled models."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import Config
from scripts.evaluation.floors import broken, read_floors
from scripts.evaluation.measures import summary_measures, translation_measures
from scripts.evaluation.models import FLOORS, SLACK, measure, section_name

GATED = 100  # sentences of each set, and articles at most


def test_figures_of_a_translation_are_counted_both_ways() -> None:
    found = translation_measures(
        ["Het kost € 1.250,50 in 2024.", "Er waren twaalf mensen en 3 honden."],
        ["It costs €1,250.50 in 2023.", "There were 12 people and 3 dogs."],
        ["It costs €1,250.50 in 2024.", "There were twelve people and three dogs."],
    )
    # 2024 is lost, 2023 invented; twelve in digits is no invention.
    assert found["number_recall"] == pytest.approx(100 * 2 / 3)
    assert found["number_precision"] == pytest.approx(100 * 3 / 4)


def test_loops_empty_and_dutch_are_counted() -> None:
    found = translation_measures(
        ["De brug is dicht.", "De markt is open.", "Het kabinet wil dat niet meer doen."],
        ["the the the the bridge", "", "Het kabinet wil dat niet meer doen."],
        ["The bridge is closed.", "The market is open.", "The cabinet no longer wants to."],
    )
    assert found["loops_or_empty"] == pytest.approx(100 * 2 / 3)
    assert found["untranslated"] == pytest.approx(100 / 3)
    # Six of eleven words in small letters are Dutch.
    assert found["dutch_words"] == pytest.approx(100 * 6 / 11)


def test_no_figures_are_all_right() -> None:
    found = translation_measures(["Goed."], ["Good."], ["Good."])
    assert (found["number_recall"], found["number_precision"]) == (100, 100)
    assert found["dutch_words"] == 0


def test_claims_of_a_summary_are_looked_up_in_its_text() -> None:
    text = "The mayor of Ghent said 12 homes would be built for Ms Peeters."
    found = summary_measures(
        [text, text], ["Plans of Ghent: 12 homes.", "The city of Antwerp plans 15 homes in Ghent."]
    )
    assert found["numbers_supported"] == pytest.approx(50)
    assert found["names_supported"] == pytest.approx(100 * 2 / 3)
    assert found["loops_or_empty"] == 0


def test_every_floor_of_the_models_can_be_measured() -> None:
    bounds = read_floors(FLOORS, section_name(None))
    assert set(bounds) == set(SLACK)
    assert set(read_floors(FLOORS, section_name(GATED))) == set(SLACK)


def test_the_bundled_models_stay_above_the_floors(shared: Path) -> None:
    _, _, floored = measure(Config.load("compact"), data=shared / "data", most=GATED)
    assert broken(floored, read_floors(FLOORS, section_name(GATED))) == []
