"""The bundled models on real text, through the doors that users come in by."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pipeline import Pipeline
from tests.conftest import ROOT

TOWNS = ["Assen", "Breda", "Dokkum", "Ede", "Goes", "Hoorn", "Kampen", "Lochem", "Meppel", "Venlo"]


@pytest.fixture(scope="module")
def pipe() -> Pipeline:
    return Pipeline.load("compact")


def article(number: int) -> str:
    """A short article unlike the others, with a line to be dropped."""
    town = TOWNS[number % len(TOWNS)]
    return (
        f"De gemeente {town} gaat volgend jaar {number + 11} nieuwe woningen bouwen aan de rand "
        f"van het centrum.\nVolgens wethouder De Boer kost het plan {number + 3},5 miljoen euro.\n"
        f"Lees ook: Zo wordt het weer in {town}\n"
    )


def rows(out: Path) -> list[dict[str, Any]]:
    lines = (out / "digests.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_the_page_of_a_real_site(pipe: Pipeline, shared: Path) -> None:
    text = (shared / "articles" / "newsbit-aligned.txt").read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    digest = pipe(text)
    assert digest.error is None
    assert digest.paragraphs == lines[3:12]
    assert [removed.text for removed in digest.removed] == lines[:3] + lines[12:]
    assert all(removed.reason for removed in digest.removed)
    assert len(digest.english) == 9
    assert all(digest.english)
    assert digest.summary.endswith(".")
    assert 20 <= len(digest.summary.split()) <= 85


def test_the_same_text_gives_the_same_english_whatever_is_beside_it(pipe: Pipeline) -> None:
    articles = [article(number) for number in range(12)]
    together = pipe(articles)
    alone = [pipe(text) for text in articles[::5]]
    assert [d.to_dict() for d in together[::5]] == [d.to_dict() for d in alone]


def test_a_run_that_is_interrupted_goes_on_without_doubles(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    count = 60
    for number in range(count):
        (folder / f"{number:03}.txt").write_text(article(number), encoding="utf-8")
    # Small windows, so that the signal comes between two of them.
    config = tmp_path / "small.yaml"
    compact = (ROOT / "configs" / "compact.yaml").read_text(encoding="utf-8")
    config.write_text(f"{compact}runtime: {{window_articles: 2, threads: 1}}\n")
    out = tmp_path / "out"
    command = [sys.executable, "-m", "pipeline.cli", "run", str(folder), "--out", str(out)]
    command += ["--config", str(config)]
    run = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    journal = out / "digests.jsonl"
    while not (journal.is_file() and journal.stat().st_size) and run.poll() is None:
        time.sleep(0.01)
    run.send_signal(signal.SIGINT)
    _, said = run.communicate()
    assert run.returncode == 130, said
    assert "same command again" in said
    first = rows(out)
    assert 0 < len(first) < count
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    everything = rows(out)
    assert everything[: len(first)] == first
    assert [row["id"] for row in everything] == [f"{number:03}.txt" for number in range(count)]


def test_a_dataset_is_mapped_once_and_then_cached(pipe: Pipeline, tmp_path: Path) -> None:
    from datasets import Dataset

    data = Dataset.from_dict(
        {
            "body": [article(n) for n in range(4)],
            "headline": [f"Nieuwbouw in {TOWNS[n]}" for n in range(4)],
        }
    )
    path = tmp_path / "data"
    data.save_to_disk(str(path))
    data = Dataset.load_from_disk(str(path))
    mapper = pipe.mapper(text="body", title="headline")
    mapped = data.map(mapper, batched=True, batch_size=2)
    assert mapped["summary"][0].endswith(".")
    assert len(mapped["english"][0]) == 2
    assert mapped["removed"][0][0]["reason"] == "related"
    code = (
        "import sys; from datasets import Dataset; from pipeline import Pipeline\n"
        "import pipeline.translate\n"
        "pipeline.translate.Translator.__call__ = None  # the cache must serve\n"
        "data = Dataset.load_from_disk(sys.argv[1])\n"
        "mapper = Pipeline.load('compact').mapper(text='body', title='headline')\n"
        "print(data.map(mapper, batched=True, batch_size=2)['summary'][0])\n"
    )
    again = subprocess.run(
        [sys.executable, "-W", "error::UserWarning:datasets", "-c", code, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 0, again.stderr
    assert again.stdout.strip() == mapped["summary"][0]
    assert "hash" not in again.stderr
