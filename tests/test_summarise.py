from collections.abc import Callable

import pytest

from pipeline.config import Config, SummariseSettings
from pipeline.models import ModelError
from pipeline.summarise import Summariser
from tests.fakes import FakeEngine, WordCodec, fake_model

SETTINGS = SummariseSettings(model="fake", min_words=6, max_words=12, ratio=0.5)
ARTICLE = " ".join(f"Sentence {name} has six words here." for name in ("a", "b", "c", "d", "e"))


def make(
    answer: Callable[[str], str | list[str]],
    *,
    positions: int = 64,
    settings: SummariseSettings = SETTINGS,
) -> tuple[Summariser, FakeEngine]:
    codec = WordCodec()
    engine = FakeEngine(codec, answer, positions=positions)
    return Summariser(fake_model(engine), settings=settings), engine


def first_words(source: str) -> str:
    return " ".join(source.split()[:6])


def test_one_for_one_in_order() -> None:
    summariser, _ = make(first_words)
    other = ARTICLE.replace("Sentence", "Line")
    assert [s.text for s in summariser([ARTICLE, "", other])] == [
        "Sentence a has six words here.",
        "",
        "Line a has six words here.",
    ]


def test_what_is_short_comes_back_as_it_is() -> None:
    summariser, engine = make(first_words)
    assert [s.text for s in summariser(["Just this one.\n\nAnd no more."])] == [
        "Just this one. And no more."
    ]
    assert not any(engine.calls)


def test_lengths_follow_the_text_within_the_bounds() -> None:
    settings = SETTINGS.model_copy(update={"min_words": 10, "max_words": 100})
    summariser, engine = make(first_words, positions=1000, settings=settings)
    summariser([ARTICLE])
    summariser([" ".join([ARTICLE] * 10)])
    short, long = engine.searches
    # A token a word here. Half of 30 words, and of 300 at most 100, with room to end a sentence.
    assert (short.min_length, long.min_length) == (8, 8)
    assert short.max_length is not None
    assert long.max_length is not None
    assert 15 < short.max_length <= 40
    assert 100 < long.max_length <= 150


@pytest.mark.parametrize(
    ("output", "summary"),
    [
        ("Sentence a has six words here. Sentence b has", "Sentence a has six words here."),
        ("Sentence a has six words here. Sentence b~", "Sentence a has six words here."),
        ("Sentence a has six words", "Sentence a has six words."),
        ("Sentence a has~", "Sentence a has six words here."),
        ("Sentence a has six words here .", "Sentence a has six words here."),
        ("Sentence a has six.<n>Sentence b has six.", "Sentence a has six. Sentence b has six."),
    ],
)
def test_a_summary_ends_on_a_whole_sentence(output: str, summary: str) -> None:
    summariser, _ = make(lambda _: output)
    assert summariser([ARTICLE])[0].text == summary


def test_the_first_summary_without_a_doubt_is_taken() -> None:
    summariser, _ = make(lambda _: ["It cost 40 million.", "Sentence a has six words here."])
    [summary] = summariser([ARTICLE])
    assert summary.text == "Sentence a has six words here."
    assert summary.doubts == []


def test_an_invented_figure_that_stays_is_doubted() -> None:
    summariser, _ = make(lambda _: ["It cost 40 million."])
    [summary] = summariser([ARTICLE])
    assert [doubt.kind for doubt in summary.doubts] == ["number"]


def test_a_long_text_is_reduced_window_by_window_between_sentences() -> None:
    summariser, engine = make(first_words, positions=32)
    long = " ".join(f"Sentence number {n} has seven words here." for n in range(39))
    [summary] = summariser([long])
    assert summary.text
    windows = engine.calls[0]
    assert " ".join(windows) == long
    assert all(window.endswith("here.") for window in windows)
    assert len(engine.calls) > 1


def test_a_sentence_longer_than_the_window_is_cut_between_words() -> None:
    summariser, engine = make(first_words, positions=32)
    endless = " ".join(f"word{n}" for n in range(200)) + "."
    [summary] = summariser([endless])
    assert summary.text.endswith(".")
    assert " ".join(engine.calls[0]) == endless


def test_a_text_that_does_not_get_shorter_is_read_by_its_first_sentences() -> None:
    # Windows of four sentences, each too few words to be summarised.
    settings = SETTINGS.model_copy(update={"min_words": 30, "max_words": 40})
    summariser, _ = make(first_words, positions=32, settings=settings)
    [summary] = summariser([" ".join(f"Window {n} has six words here." for n in range(40))])
    assert summary.text == " ".join(f"Window {n} has six words here." for n in (0, 16, 32))


def test_an_input_limit_of_the_settings_holds() -> None:
    settings = SETTINGS.model_copy(update={"max_input_tokens": 64})
    summariser, engine = make(first_words, positions=1000, settings=settings)
    summariser([" ".join([ARTICLE] * 10)])
    assert all(len(source.split()) < 64 for call in engine.calls for source in call)


def test_whole_sentences_only() -> None:
    settings = SETTINGS.model_copy(update={"whole_sentences": True})
    summariser, engine = make(first_words, settings=settings)
    article = [
        "The mayor opened a new bridge on Monday.",
        "Farmers from the polder had asked for one.",
        "It will carry 900 cars a day.",
        "The old ferry stops in June.",
    ]
    [summary] = summariser(["A subhead\n\n14.30 uur.\n\n" + " ".join(article) + "\n\nGoals: 2-1."])
    assert summary.text == article[0]
    assert summary.doubts == []
    # One set is likelier than all others: the model is not asked.
    assert not any(engine.calls)


def test_the_model_chooses_where_two_sets_are_as_likely(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "pipeline.summarise.likely_sets", lambda _, *, fewest, most: [(1, 3), (1, 2)]
    )
    settings = SETTINGS.model_copy(update={"whole_sentences": True})
    summariser, engine = make(first_words, settings=settings)
    [summary] = summariser([ARTICLE])
    assert engine.calls == [[ARTICLE]]
    # The fake engine takes the word that came up first.
    assert summary.text == "Sentence b has six words here. Sentence c has six words here."


def test_a_broken_model_is_found_at_once() -> None:
    summariser, _ = make(lambda _: "")
    with pytest.raises(ModelError, match="fake@1"):
        summariser.self_check()


def test_the_bundled_model_summarises() -> None:
    summariser = Summariser.load(Config.load("compact"))
    text = " ".join(
        f"The council of town {n} decided on Monday to build {n + 2} new schools in the centre. "
        "Parents have asked for it for years, an alderman said after the vote."
        for n in range(40)
    )
    [summary] = summariser([text])
    assert summary.text.endswith(".")
    assert summary.doubts == []
    assert len(summary.text.split()) <= 85
