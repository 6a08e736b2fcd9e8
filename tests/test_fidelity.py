import pytest

from pipeline.fidelity import (
    check_summary,
    check_translation,
    find_loop,
    still_dutch,
    unsupported_names,
)


def kinds(source: str, target: str) -> list[str]:
    return [doubt.kind for doubt in check_translation(source, target)]


def test_a_good_translation_raises_no_doubt() -> None:
    assert (
        kinds("De raad koos 12 leden uit Gent.", "The council chose 12 members from Ghent.") == []
    )


def test_each_doubt_is_named() -> None:
    assert kinds("Een zin.", " ") == ["empty"]
    assert kinds("Wij gaan.", "We go and go and go and go and go and go") == ["loop"]
    assert kinds("Het kost 12 euro.", "It costs a lot.") == ["number"]
    dutch = "Het is niet de bedoeling van een kabinet om dat te doen."
    assert kinds(dutch, dutch) == ["untranslated"]


@pytest.mark.parametrize(
    "text",
    ["very very very very well", "a b a b a b a b", " ".join(["one two three"] * 5)],
)
def test_loops_are_found(text: str) -> None:
    assert find_loop(text) is not None


@pytest.mark.parametrize("text", ["", "had had", "the the", "it is what it is, it is what it is"])
def test_a_repeat_is_no_loop_yet(text: str) -> None:
    assert find_loop(text) is None


def test_a_loop_of_the_source_is_no_doubt() -> None:
    chant = "Nee nee nee nee nee!"
    assert kinds(chant, "No no no no no!") == []


def test_dutch_names_are_not_dutch_text() -> None:
    assert still_dutch("", "Mathieu van der Poel beat Wout van Aert in the final sprint") is None
    assert still_dutch("", "Van de Velde, De Vries, Van den Berg and De Boer won") is None


def test_an_invented_name_is_found_in_a_summary_but_not_at_a_sentence_start() -> None:
    source = "Mayor Jansen opened the bridge in Utrecht."
    assert unsupported_names("The mayor, Jansen, was in Utrecht.", source) == []
    assert unsupported_names("Yesterday mayor Pietersen was there.", source) == ["Pietersen"]
    assert [d.kind for d in check_summary(source, "In Paris 3 bridges in Rome opened.")] == [
        "number",
        "name",
    ]


def test_an_empty_summary_of_nothing_is_right() -> None:
    assert check_summary("", "") == []
    assert [d.kind for d in check_summary("Text.", "")] == ["empty"]
