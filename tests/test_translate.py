from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import Config
from pipeline.models import ModelError
from pipeline.stage import LoadedModel
from pipeline.translate import Translator
from tests.fakes import FakeEngine, WordCodec, fake_model


def upper(source: str) -> str:
    return source.upper()


def make(
    answer: Callable[[str], str | list[str]] = upper,
    *,
    positions: int | None = 64,
    prefix: str | None = None,
) -> tuple[Translator, FakeEngine]:
    codec = WordCodec()
    engine = FakeEngine(codec, answer, positions=positions)
    return Translator(fake_model(engine), prefix=prefix), engine


def texts(translator: Translator, sources: list[str]) -> list[str]:
    return [translation.text for translation in translator(sources)]


def test_one_for_one_in_order() -> None:
    translator, _ = make()
    assert texts(translator, ["Een kat.", "", "Een hond. Een vis."]) == [
        "EEN KAT.",
        "",
        "EEN HOND. EEN VIS.",
    ]
    assert translator([]) == []


def test_equal_sentences_are_translated_once() -> None:
    translator, engine = make()
    texts(translator, ["Dat is zo. Dat is zo.", "Dat is zo. En dit ook."])
    assert engine.calls == [["Dat is zo.", "En dit ook."]]


def test_white_space_between_sentences_is_kept() -> None:
    translator, _ = make()
    assert texts(translator, ["Een zin.\n\nNog een zin.  En een. "]) == [
        "EEN ZIN.\n\nNOG EEN ZIN.  EN EEN. "
    ]


@pytest.mark.parametrize("line", ["3-1", "https://example.nl/artikel", "…", "12.345", "@wie", "*"])
def test_what_has_no_words_passes_through(line: str) -> None:
    translator, engine = make()
    assert texts(translator, [line]) == [line]
    assert not any(engine.calls)


@pytest.mark.parametrize("marker", ["- ", "• ", "1. ", "2) "])
def test_a_list_marker_is_carried_over(marker: str) -> None:
    translator, engine = make()
    assert texts(translator, [f"{marker}een punt van orde"]) == [f"{marker}EEN PUNT VAN ORDE"]
    assert engine.calls[0] == ["een punt van orde"]


def test_a_long_sentence_is_divided_at_a_clause_and_nothing_is_lost() -> None:
    translator, engine = make(positions=8)
    clause = "het regende hard in de hele stad"
    source = f"Zij zeiden dat {clause}, en dat {clause}, maar dat {clause}."
    [english] = texts(translator, [source])
    assert english.lower() == source.lower()
    assert all(len(call.split()) < 8 for calls in engine.calls for call in calls)


def test_a_word_that_is_too_long_is_kept_and_doubted() -> None:
    translator, _ = make(positions=4)
    word = "a" * 500
    [translation] = translator([word])
    assert translation.text == word
    assert [doubt.kind for doubt in translation.doubts] == ["untranslated"]


def test_an_output_that_was_cut_is_tried_again_in_parts() -> None:
    def limited(source: str) -> str:
        words = source.upper().split()
        return " ".join(words) if len(words) <= 8 else " ".join(words[:8]) + "~"

    translator, _ = make(limited)
    source = "De lange eerste helft gaat over oude katten, de lange tweede helft over honden."
    [translation] = translator([source])
    assert translation.text == source.upper()
    assert translation.doubts == []


def test_a_short_sentence_that_was_cut_stays_and_is_doubted() -> None:
    translator, _ = make(lambda source: f"{source.upper()}~")
    [translation] = translator(["Korte zin hier."])
    assert [doubt.kind for doubt in translation.doubts] == ["cut"]


def test_the_first_hypothesis_without_a_doubt_is_taken() -> None:
    translator, _ = make(lambda _: ["It costs a lot.", "It costs 12 euros."])
    [translation] = translator(["Het kost 12 euro."])
    assert translation.text == "It costs 12 euros."
    assert translation.doubts == []


def test_each_sentence_has_its_own_best_and_few_calls_decode_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = {
        "Een kat.": ["A cat.", "One cat."],
        "Het kost 12 euro.": ["It costs a lot.", "It costs 13.", "It costs 12."],
        "Een hond.": ["A dog."],
        "Er zijn 40 of 50.": ["so so so so", "There are 40.", "Some."],
    }
    translator, engine = make(lambda source: answers[source])
    calls: list[int] = []
    decode = engine.codec.decode

    def counted(sequences: Sequence[Sequence[int]]) -> list[str]:
        calls.append(len(sequences))
        return decode(sequences)

    monkeypatch.setattr(translator._codec, "decode", counted)
    best = translator([" ".join(answers)])[0]
    assert best.text == "A cat. It costs 12. A dog. There are 40."
    assert len(best.doubts) == 1
    # The engine's own, the first of each sentence, and the others of the two that are doubted.
    assert calls[-2:] == [4, 4]


def test_what_stays_doubtful_says_so() -> None:
    translator, _ = make(lambda _: ["It costs a lot.", "Much."])
    [translation] = translator(["Het kost 12 euro."])
    assert translation.text == "It costs a lot."
    assert [doubt.kind for doubt in translation.doubts] == ["number"]


SPLIT = "De gemeente koopt 12 bussen, maar de provincie betaalt er 30 van."
HALVES = {
    "De gemeente koopt 12 bussen,": "The council buys 12 buses.",
    "maar de provincie betaalt er 30 van.": "But the province pays for 30.",
}


def test_a_sentence_that_lost_a_figure_is_tried_in_parts_with_a_wider_search() -> None:
    translator, engine = make(lambda source: HALVES.get(source, "The council buys 12 buses."))
    [translation] = translator([SPLIT])
    assert translation.text == "The council buys 12 buses but the province pays for 30."
    assert translation.doubts == []
    assert [search.beams for search in engine.searches] == [2, 4]


def test_parts_that_lack_the_figure_too_leave_the_sentence_whole() -> None:
    answers = {half: english.replace("30", "some") for half, english in HALVES.items()}
    translator, _ = make(lambda source: answers.get(source, "It buys 12 and pays."))
    [translation] = translator([SPLIT])
    assert translation.text == "It buys 12 and pays."
    assert [doubt.kind for doubt in translation.doubts] == ["number"]


def test_a_part_does_not_change_the_sentence_that_it_is_equal_to() -> None:
    first = next(iter(HALVES))

    def answer(source: str) -> str:
        # What a wider search would say of the part, the narrow one does not.
        wide = engine.searches[-1].beams > 2
        return HALVES[source] if wide else {first: "Alone, 12."}.get(source, "Nothing.")

    translator, engine = make(answer)
    assert texts(translator, [first, SPLIT]) == [
        "Alone, 12.",
        "The council buys 12 buses but the province pays for 30.",
    ]


def test_the_prefix_goes_before_each_sentence() -> None:
    translator, engine = make(prefix=">>eng<<")
    texts(translator, ["Een kat."])
    assert engine.calls == [[">>eng<< Een kat."]]


def test_progress_counts_sentences() -> None:
    translator, _ = make()
    counts: list[int] = []
    translator(["Een kat. Een hond.", "3-1"], progress=counts.append)
    assert counts == [2]


def test_a_broken_model_is_found_at_once() -> None:
    translator, _ = make(lambda _: "")
    with pytest.raises(ModelError, match="fake@1"):
        translator.self_check()


words = st.text(alphabet="abcdefgh", min_size=2, max_size=8)
sentences = st.lists(words, min_size=1, max_size=30).map(lambda w: " ".join(w).capitalize() + ".")


@given(st.lists(st.lists(sentences, max_size=4).map(" ".join), max_size=5))
def test_no_word_is_ever_lost(sources: list[str]) -> None:
    translator, _ = make(positions=10)
    for source, english in zip(sources, texts(translator, sources), strict=True):
        assert english.lower().split() == source.lower().split()


def test_parts_are_joined_without_the_marks_of_a_sentence() -> None:
    english = {
        "Hij zei dat het morgen gaat regenen,": "He said tomorrow it rains.",
        "maar dat het maandag weer droog wordt.": "But on Monday it is dry again.",
    }
    translator, _ = make(lambda source: english.get(source, "cut~"))
    [translation] = translator(
        ["Hij zei dat het morgen gaat regenen, maar dat het maandag weer droog wordt."]
    )
    assert translation.text == "He said tomorrow it rains but on Monday it is dry again."


def test_the_capital_of_a_name_survives_a_join() -> None:
    english = {
        "Het plan gaat volgend jaar om 5 uur,": "It starts at 5 p.m.",
        "januari is daarvoor nog te vroeg.": "January is too early for 5.",
    }
    translator, _ = make(lambda source: english.get(source, "cut~"))
    [translation] = translator(
        ["Het plan gaat volgend jaar om 5 uur, januari is daarvoor nog te vroeg."]
    )
    assert translation.text == "It starts at 5 p.m. January is too early for 5."


def test_parts_without_words_are_not_sent_to_the_model() -> None:
    translator, engine = make(positions=8)
    scores = " ".join(f"{n},{n};" for n in range(40))
    [translation] = translator([f"De koersen van vandaag: {scores}"])
    assert translation.text.lower() == f"de koersen van vandaag: {scores}"
    assert all("koersen" in sent for call in engine.calls for sent in call)


def test_a_giant_word_behind_running_text_is_set_apart() -> None:
    translator, _ = make(positions=64)
    source = "aa " * 1500 + "b" * 20_000
    [translation] = translator([source])
    assert translation.text.lower().split() == source.split()


def test_a_doubtful_translation_beats_none() -> None:
    translator, _ = make(lambda _: ["Costs a~", ""])
    assert texts(translator, ["Het kost 12 euro."]) == ["Costs a"]


def test_the_length_limit_is_noticed_on_a_model_that_forces_an_end_there() -> None:
    config = Config.load("compact")
    whole = Translator.load(config)
    search = replace(whole._search, max_length=8, forced_eos_token_id=(0,))
    short = Translator(
        LoadedModel(engine=whole.engine, codec=whole._codec, search=search, label="short")
    )
    [translation] = short(["De gemeente sluit de oude brug over de Vecht."])
    assert "cut" in [doubt.kind for doubt in translation.doubts]


def test_the_bundled_model_translates() -> None:
    translator = Translator.load(Config.load("compact"))
    [one, two] = texts(translator, ["Het regent vandaag in Amsterdam.", "3-1"])
    assert "rain" in one.lower()
    assert two == "3-1"
