"""Throw damaged articles and pages at the cleaner until the time is up.

    scripts/evaluate fuzz_clean [--seconds 60] [--seed 0]

Text and HTML made of the marked articles, then bent: bytes flipped, read in the wrong charset,
control characters and lone surrogates sown in, lines glued, repeated and blown up, tags opened and
never closed. Checked for every input: no exception; kept and removed lines are together all lines
of the repaired text, in order. An input that takes longer than a generous linear allowance is tried
again, and reported if it does so twice.
Prints the seed and the input of the first failure; exits 1 on one.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable

from pipeline.article import Markup
from pipeline.clean import Cleaned, clean
from pipeline.clean.repairs import split_lines
from pipeline.reading.text import NotTextError, decode
from scripts.evaluation.clean import GOLDEN, read_golden

# Seconds per million characters, and at least so many: some times what a page of nothing but tags
# takes in the extractor, and less than the square of a run of 20,000 characters.
ALLOWANCE, LEAST = 30.0, 1.0

_CONTROLS = (
    "\x00\x01\x07\x0b\x0c\x1b\x1f\x7f\x85\xa0\xad"
    "\u200b\u200d\u2028\u2029\u202e\ufeff\ufffd\ud800\udfff"
)
_MARKUP = (
    "<p>",
    "</p>",
    "<div>",
    "<div class='",
    "<!--",
    "-->",
    "<script>",
    "</script>",
    "<table><tr><td>",
    "<a href='x'>",
    "</a>",
    "<![CDATA[",
    "&#x110000;",
    "&amp;amp;",
    "<h1>",
    "<article>",
    "<svg><style>",
    "<p " + "a=b " * 50,
    "<?xml version='1.0'?>",
    "<iframe>",
    "<br>" * 20,
)
_RUNS = (
    "a",
    " ",
    "\t",
    "é",
    "&amp;",
    "Ã©",
    "\n",
    "x\n",
    ". ",
    "Lees ook ",
    "'",
    '"',
    "|",
    "<",
    ">",
    "1 ",
    "geleden",
)


def bend(  # noqa: PLR0911, PLR0912  a return per damage
    text: str, chance: random.Random
) -> str:
    """One kind of damage, at a random place."""
    at = chance.randrange(len(text) + 1)
    kind = chance.randrange(11)
    if kind == 0:
        data = bytearray(text.encode("utf-8", "ignore"))
        for _ in range(chance.randrange(1, 20)):
            if data:
                data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            return decode(bytes(data))
        except NotTextError:
            return data.decode("latin-1")
    if kind == 1:
        return text.encode("utf-8", "ignore").decode("cp1252", "replace")
    if kind == 2:
        return text.encode("utf-8", "ignore").decode("latin-1")
    if kind == 3:
        for _ in range(chance.randrange(1, 30)):
            spot = chance.randrange(len(text) + 1)
            text = text[:spot] + chance.choice(_CONTROLS) + text[spot:]
        return text
    if kind == 4:
        return text[:at] + chance.choice(_RUNS) * chance.choice((3, 100, 20_000)) + text[at:]
    if kind == 5:
        return text.replace("\n", chance.choice(("", " ", "\r", "\r\n", "\n\n\n", "\u2028")))
    if kind == 6:
        return text[at:] + text[:at]
    if kind == 7:
        return text * chance.choice((2, 3, 30))
    if kind == 8:
        return text[:at] + chance.choice(_MARKUP) * chance.choice((1, 5, 3000)) + text[at:]
    if kind == 9:
        end = min(len(text), at + chance.randrange(2000))
        return text[:at] + text[end:]
    lines = text.split("\n")
    chance.shuffle(lines)
    return "\n".join(lines)


def as_page(text: str, chance: random.Random) -> str:
    """The lines as a page, well formed or not."""
    tags = ("p", "div", "li", "td", "h2", "span", "article", "aside", "blockquote", "figcaption")
    lines = []
    for line in text.split("\n"):
        tag = chance.choice(tags)
        close = f"</{tag}>" if chance.random() < 0.9 else ""
        lines.append(f"<{tag}>{line}{close}")
    return f"<!doctype html><html><body>{''.join(lines)}</body></html>"


def check(text: str, cleaned: Cleaned, *, markup: str) -> None:
    """Raises AssertionError if a promise is broken."""
    kept = [verdict for verdict in cleaned.verdicts if verdict.keep]
    titles = sum(verdict.kind == "title" for verdict in kept)
    assert len(kept) == len(cleaned.paragraphs) + titles, "kept lines and paragraphs differ"
    assert len(cleaned.removed) == len(cleaned.verdicts) - len(kept), "a line is lost"
    assert all(item.reason for item in cleaned.removed), "removed without a reason"
    assert all(text.strip() for text in cleaned.paragraphs), "an empty paragraph"
    if markup == "text":
        lines = [(line.text, line.number) for line in split_lines(text)]
        found = [(verdict.text, verdict.line) for verdict in cleaned.verdicts]
        assert found == lines, "kept and removed are not all lines in order"


def timed(work: Callable[[], Cleaned]) -> tuple[Cleaned, float]:
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    sources = [article.text for article in read_golden(GOLDEN / "dev")]
    begin = time.process_time()
    count = characters = 0
    slowest = 0.0
    while time.process_time() - begin < options.seconds:
        seed = options.seed * 1_000_000 + count
        chance = random.Random(seed)
        text = "\n".join(chance.sample(sources, chance.choice((1, 1, 1, 3))))
        page = chance.random() < 0.35
        if page:
            text = as_page(text, chance)
        for _ in range(chance.randrange(1, 5)):
            text = bend(text, chance)
        text = text[:3_000_000]
        markup: Markup = "html" if page else "text"
        try:
            cleaned, seconds = timed(lambda: clean(text, markup=markup))  # noqa: B023
            allowed = max(LEAST, ALLOWANCE * len(text) / 1e6)
            if seconds > allowed:
                seconds = timed(lambda: clean(text, markup=markup))[1]  # noqa: B023
            assert seconds <= allowed, f"{seconds:.1f} s for {len(text):,} characters"
            check(text, cleaned, markup=markup)
        except Exception as error:
            print(f"seed {seed} ({markup}): {type(error).__name__}: {error}\n{text[:500]!r}")
            sys.exit(1)
        slowest = max(slowest, seconds / max(len(text), 20_000) * 1e6)
        count += 1
        characters += len(text)
    print(
        f"seed {options.seed}: {count:,} inputs, {characters / 1e6:.1f} million characters, "
        f"{time.process_time() - begin:.0f} s, none failed; slowest {slowest:.1f} s per million"
    )


if __name__ == "__main__":
    main()
