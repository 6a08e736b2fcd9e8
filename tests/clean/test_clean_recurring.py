"""Lines that recur at a site: learned the same in any order, and never enough by themselves."""

# ruff: noqa: E501  paragraphs of Dutch on one line

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.article import Article
from pipeline.clean import clean
from pipeline.clean.recurring import ENOUGH, FEWEST, Recurring, key_of, learn, site_of

FOOTER = "De Hunzebode verschijnt elke donderdag in heel Drenthe en de Veenkoloniën"
BACKGROUND = (
    "De dijk brak in februari door. Daarbij kwamen drie mensen om het leven en liepen negenhonderd "
    "huizen onder water, zei de burgemeester destijds."
)


def article(number: int, *extra: str, site: str = "hunzebode") -> Article:
    draw = random.Random(f"{site}{number}")
    words = ["dijk", "raad", "school", "brug", "markt", "haven", "bos", "kerk", "molen", "veld"]
    body = [
        f"In {draw.choice(words)}dorp {number} stemde de raad over de {draw.choice(words)} en de {draw.choice(words)}, "
        f"zei wethouder {number} van der {draw.choice(words).title()} na {draw.randrange(2, 99)} uur {line}."
        for line in ("vergaderen", "praten", "wachten")
    ]
    text = "\n\n".join([f"Raad stemt over plan {number} aan de rand van het dorp", *body, *extra])
    return Article(text, source=f"{site}/{number}.txt")


articles = st.lists(st.integers(0, 40), min_size=ENOUGH, max_size=30, unique=True)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(articles, st.randoms(use_true_random=False))
def test_the_order_of_the_articles_does_not_matter(
    numbers: list[int], chance: random.Random
) -> None:
    given_ones = [article(n, *([FOOTER] if n % 2 else [])) for n in numbers]
    shuffled = list(given_ones)
    chance.shuffle(shuffled)
    assert learn(shuffled).to_json() == learn(given_ones).to_json()


@settings(deadline=None, derandomize=True, max_examples=20)
@given(articles)
def test_an_article_given_twice_counts_once(numbers: list[int]) -> None:
    given_ones = [article(n, FOOTER) for n in numbers]
    assert learn(given_ones * 2).to_json() == learn(given_ones).to_json()


def test_a_line_recurs_from_so_many_articles_of_one_site_on() -> None:
    key = key_of(FOOTER)
    few = [article(n, *([FOOTER] if n < FEWEST - 1 else [])) for n in range(ENOUGH)]
    enough = [article(n, *([FOOTER] if n < FEWEST else [])) for n in range(ENOUGH)]
    assert key not in learn(few).of(few[0])
    assert key in learn(enough).of(enough[0])
    assert not learn(enough[1:]).sites
    elsewhere = article(1, site="elders")
    assert not learn([*enough, elsewhere]).of(elsewhere)


def test_versions_of_one_article_are_one_article() -> None:
    # A liveblog saved again and again says the same all day.
    saved = [
        Article(f"{article(1, BACKGROUND).text}\n\n{n} uur", source=f"blog/{n}.txt")
        for n in range(20)
    ]
    assert not learn(saved).sites


def test_digits_case_and_punctuation_are_no_difference() -> None:
    assert key_of("12 reacties!") == key_of("3 REACTIES") == key_of("* 450 Reacties")
    assert key_of("• — 12") == ""
    assert key_of("reacties") != key_of("reactie")


def test_a_recurring_line_helps_a_doubt_and_never_drops_a_paragraph() -> None:
    run = [article(n, BACKGROUND, FOOTER, "Hunzebode dichtbij") for n in range(ENOUGH)]
    found = learn(run).of(run[0])
    assert {key_of(BACKGROUND), key_of(FOOTER)} <= found
    without, cleaned = clean(run[0].text), clean(run[0].text, recurring=found)
    assert BACKGROUND in cleaned.paragraphs
    # Every other paragraph as well: what recurs is the furniture.
    assert set(without.paragraphs) - set(cleaned.paragraphs) <= {FOOTER, "Hunzebode dichtbij"}
    removed = {item.text: item for item in cleaned.removed}
    assert "text:recurs" in removed[FOOTER].cues
    assert removed[FOOTER].score > 0


@pytest.mark.parametrize(
    ("article", "site"),
    [
        (Article("x", url="https://www.bode.example/a/1", source="a/1.html"), "www.bode.example"),
        (Article("x", source="map/bode/1.txt"), "map/bode"),
        (Article("x", source="map/bode.jsonl#7"), "map/bode.jsonl"),
    ],
)
def test_a_site_is_a_host_or_a_folder_or_a_file_of_rows(article: Article, site: str) -> None:
    assert site_of(article) == site


def test_what_is_known_of_a_site_stays() -> None:
    known, new = Recurring({"a": frozenset({"1"})}), Recurring({"a": frozenset(), "b": frozenset()})
    assert known.joined(new).sites == {"a": frozenset({"1"}), "b": frozenset()}


def test_a_table_survives_writing_and_a_damaged_one_is_refused() -> None:
    table = learn([article(n, FOOTER) for n in range(ENOUGH)])
    assert Recurring.from_json(table.to_json()) == table
    for damaged in ("[]", '{"version": 2, "sites": {}}', '{"version": 1}', "{"):
        with pytest.raises(ValueError, match=r"."):
            Recurring.from_json(damaged)
