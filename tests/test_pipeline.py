import json
from collections.abc import Iterator
from typing import Any, cast

import pytest

from pipeline import Article, Digest, Pipeline
from pipeline.config import Config
from pipeline.fidelity import Doubt, check_summary
from pipeline.summarise import Summariser
from pipeline.translate import Translator
from tests.fakes import FakeEngine, WordCodec, fake_model

BODY = (
    "De gemeenteraad van Zutphen heeft dinsdagavond besloten om de oude brug over de IJssel "
    "volgend jaar te vervangen.\n"
    "Volgens wethouder Anna de Wit kost het werk 12 miljoen euro en duurt het zeker twee jaar.\n"
    "Fietsers kunnen in die tijd gebruikmaken van een pontje dat de gemeente zelf laat varen."
)


def shout(source: str) -> str:
    if "KAPOT" in source:
        raise RuntimeError("the engine broke")
    # Shouted Dutch is still Dutch, which the self-check would object to.
    return "All is well." if source.startswith("Dit is een korte zin") else source.upper()


def make(**runtime: object) -> tuple[Pipeline, FakeEngine]:
    config = Config.load("compact").replace("runtime", **runtime)
    codec = WordCodec()
    engine = FakeEngine(codec, shout)
    summary_engine = FakeEngine(codec, shout, positions=1000)
    pipeline = Pipeline(
        config,
        translator=Translator(fake_model(engine, label="t@1")),
        summariser=Summariser(fake_model(summary_engine, label="s@1"), settings=config.summarise),
    )
    return pipeline, engine


def test_a_text_becomes_a_digest() -> None:
    pipeline, _ = make()
    digest = pipeline(BODY)
    assert isinstance(digest, Digest)
    assert digest.error is None
    assert digest.paragraphs == BODY.split("\n")
    assert digest.english == [paragraph.upper() for paragraph in digest.paragraphs]
    assert digest.summary
    assert digest.models == {"translate": "t@1", "summarise": "s@1"}
    assert json.loads(json.dumps(digest.to_dict()))["english"] == digest.english


def test_a_list_keeps_its_order_and_an_articles_own_data() -> None:
    pipeline, _ = make(window_articles=2)
    articles = [
        Article(BODY, title=f"Brug {n} dicht", id=str(n), source=f"a#{n}") for n in range(5)
    ]
    digests = pipeline(articles)
    assert [digest.id for digest in digests] == ["0", "1", "2", "3", "4"]
    assert [digest.english_title for digest in digests] == [f"BRUG {n} DICHT" for n in range(5)]
    assert [digest.source for digest in digests] == [f"a#{n}" for n in range(5)]
    assert digests[0].sha256 == articles[0].sha256 != articles[1].sha256
    assert pipeline([]) == []


def test_a_stream_holds_no_more_than_three_windows() -> None:
    pipeline, _ = make(window_articles=3)
    read = 0

    def source() -> Iterator[str]:
        nonlocal read
        for _ in range(100):
            read += 1
            yield BODY

    stream = pipeline.stream(source())
    for done in range(1, 20):
        next(stream)
        assert read <= done - 1 + 3 * 3


def test_the_sentences_of_a_window_go_to_the_engine_together() -> None:
    pipeline, engine = make()
    pipeline([BODY, BODY.replace("Zutphen", "Deventer")])
    # Three sentences of the first, and the one in which the second differs.
    assert [len(call) for call in engine.calls] == [4]


@pytest.mark.parametrize(
    ("article", "named"),
    [
        (Article("", error="x.txt: is a binary file"), "binary"),
        (Article(""), "empty"),
        (Article("   \n\n "), "empty"),
        (Article("Deel dit artikel\nLees ook: iets anders"), "after cleaning"),
        (Article("a" * 3_000_000), "too long"),
        (
            Article(
                "The city council decided on Tuesday evening to replace the old bridge next year. "
                "According to the alderman the work will cost twelve million and take two years."
            ),
            "not Dutch",
        ),
        (
            Article(BODY + "\nDeze alinea maakt de machine jammer genoeg helemaal KAPOT vandaag."),
            "engine broke",
        ),
    ],
)
def test_a_bad_article_is_a_record_in_its_place(article: Article, named: str) -> None:
    pipeline, _ = make()
    before, bad, after = pipeline([Article(BODY), article, Article(BODY)])
    assert before.error is None
    assert before.english
    assert after.english == before.english
    assert bad.error is not None
    assert named in bad.error
    assert bad.english == []
    assert bad.summary == ""


def test_an_item_that_is_no_article_is_a_record_in_its_place() -> None:
    pipeline, _ = make()
    items: Any = [BODY, None, {"text": BODY}, Article(cast("str", None))]
    digests = pipeline(items)
    assert [digest.error is None for digest in digests] == [True, False, False, False]
    assert "NoneType" in str(digests[1].error)


@pytest.mark.parametrize("wrong", ["a text", b"bytes", {"text": BODY}, None, 3])
def test_what_is_no_collection_is_refused_and_not_taken_apart(wrong: Any) -> None:
    pipeline, _ = make()
    for method in (pipeline.stream, pipeline.translate, pipeline.summarise):
        with pytest.raises(TypeError, match=type(wrong).__name__):
            method(wrong)
    with pytest.raises(TypeError, match="item 1 is NoneType"):
        pipeline.translate(cast("list[str]", ["a", None]))


def test_an_engine_that_is_broken_stops_the_run_and_blames_no_article() -> None:
    pipeline, engine = make(window_articles=1)
    stream = pipeline.stream(BODY.replace("12", str(number)) for number in range(12, 20))
    assert next(stream).error is None

    def lost(_: str) -> str:
        raise RuntimeError("CUDA error: device lost")

    engine.answer = lost
    # What had been translated by then is not lost.
    assert next(stream).error is None
    with pytest.raises(RuntimeError, match=r"stopped working.*device lost"):
        next(stream)


def test_a_summary_that_fails_costs_one_article(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline, _ = make(window_articles=2)

    def picky(text: str, summary: str) -> list[Doubt]:
        if "19" in text:
            raise RuntimeError("no summary of this")
        return check_summary(text, summary)

    monkeypatch.setattr("pipeline.summarise.check_summary", picky)
    told: list[tuple[str, int]] = []
    digests = list(
        pipeline.stream(
            [BODY.replace("12", str(number)) for number in range(17, 22)],
            observer=lambda stage, count: told.append((stage, count)),
        )
    )
    assert [digest.error is None for digest in digests] == [True, True, False, True, True]
    assert "no summary of this" in str(digests[2].error)
    assert all(digest.summary for digest in digests if digest.error is None)
    assert [count for stage, count in told if stage == "summarise"] == [2, 1, 1]


def test_progress_is_told_once_for_what_was_tried_twice() -> None:
    pipeline, _ = make()
    bad = BODY + "\nDeze alinea maakt de machine jammer genoeg helemaal KAPOT vandaag."
    told: list[tuple[str, int]] = []
    list(pipeline.stream([BODY, bad], observer=lambda stage, count: told.append((stage, count))))
    assert told == [("clean", 2), ("translate", 3), ("summarise", 1)]


def test_texts_may_come_from_a_generator() -> None:
    pipeline, _ = make()
    assert pipeline.translate(text for text in ["Een kat."]) == ["EEN KAT."]


def test_any_language_is_translated_when_asked() -> None:
    pipeline, _ = make()
    english = "This is an article in English about the bridge that nobody has to translate. " * 3
    assert pipeline(english).error is not None
    config = pipeline.config.replace("clean", any_language=True)
    willing = Pipeline(config, translator=pipeline.stages[0], summariser=pipeline.stages[1])
    assert willing(english).error is None


def test_doubts_become_flags_with_their_place() -> None:
    pipeline, engine = make()
    engine.answer = lambda source: source.upper().replace("12", "twelvish")
    digest = pipeline(BODY)
    assert [(flag.kind, flag.where, flag.paragraph) for flag in digest.flags] == [
        ("number", "english", 1)
    ]


def test_the_fingerprint_follows_the_models_and_settings() -> None:
    pipeline, _ = make()
    same, _ = make(threads=1, window_articles=1)
    assert pipeline.fingerprint == same.fingerprint
    other = Pipeline(
        pipeline.config.replace("clean", any_language=True),
        translator=pipeline.stages[0],
        summariser=pipeline.stages[1],
    )
    assert other.fingerprint != pipeline.fingerprint
    pipeline.stages[0].label = "t@2"
    assert pipeline.fingerprint != same.fingerprint


def test_texts_go_one_for_one_past_the_cleaner() -> None:
    pipeline, _ = make()
    assert pipeline.translate(["Lees ook: iets.", ""]) == ["LEES OOK: IETS.", ""]
    assert pipeline.summarise(["Short text."]) == ["Short text."]


def test_observers_are_told_of_each_stage() -> None:
    pipeline, _ = make()
    told: list[tuple[str, int]] = []
    list(pipeline.stream([BODY, BODY], observer=lambda stage, count: told.append((stage, count))))
    assert told == [("clean", 2), ("translate", 6), ("summarise", 2)]
