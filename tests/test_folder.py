"""A run over a folder: once each, resumed, replaced, stopped, killed, and in bounded memory.

Run as a script, this file is a run with a slow fake pipeline, for the tests that need a process.
"""

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from pipeline.article import Article, Digest, Flag, Removed
from pipeline.clean import clean
from pipeline.folder import OutputError, RunReport, Snapshot, open_progress, run_folder
from pipeline.folder.journal import Journal, KeySet
from pipeline.reading import InputError


class FakePipeline:
    """Digests in windows, as the real one does, by turning the text into capitals."""

    def __init__(self, *, fingerprint: str = "f1", window: int = 4, seconds: float = 0.0) -> None:
        self.fingerprint = fingerprint
        self.window = window
        self.seconds = seconds
        self.seen: list[str | None] = []

    def stream(
        self, articles: Iterable[Article], /, *, observer: Callable[[str, int], None] | None = None
    ) -> Iterator[Digest]:
        tell = observer or (lambda _stage, _count: None)
        rest = iter(articles)
        while window := list(islice(rest, self.window)):
            tell("clean", len(window))
            time.sleep(self.seconds * len(window))
            self.seen += [article.source for article in window]
            tell("translate", 2 * len(window))
            yield from map(self._digest, window)

    def _digest(self, article: Article) -> Digest:
        return Digest(
            title=article.title,
            paragraphs=[article.text] if article.text else [],
            english=[article.text.upper()] if article.text else [],
            summary=f"{self.fingerprint}: {article.text[:20]}",
            removed=[Removed(text="Lees ook", line=3, reason="related")],
            flags=[Flag(kind="number", detail="7", where="english")] if "7" in article.text else [],
            error=article.error,
            id=article.id,
            source=article.source,
            sha256=article.sha256,
            models={"translate": "fake"},
        )


class Fatal(FakePipeline):
    """Dies in its second window."""

    def stream(
        self, articles: Iterable[Article], /, *, observer: Callable[[str, int], None] | None = None
    ) -> Iterator[Digest]:
        yield from islice(super().stream(articles, observer=observer), self.window)
        raise MemoryError("no memory left")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(count: int, *, folder: str = "in") -> None:
    Path(folder).mkdir(parents=True, exist_ok=True)
    for number in range(count):
        Path(folder, f"{number:05}.txt").write_text(f"Artikel {number}.")


def journal(out: str = "out") -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(out, "digests.jsonl").read_bytes().splitlines()]


def sources(out: str = "out") -> list[str]:
    return [record["source"] for record in journal(out)]


def go(pipeline: FakePipeline | None = None, **options: Any) -> RunReport:
    options = {"inputs": "in", "out": "out", **options}
    return run_folder(pipeline or FakePipeline(), options.pop("inputs"), **options)


# One run


def test_each_article_is_a_line_in_the_order_of_the_input() -> None:
    make(10)
    report = go()
    assert sources() == [f"in/{n:05}.txt" for n in range(10)]
    assert (report.done, report.failed, report.flagged, report.skipped) == (10, 0, 1, 0)
    assert (report.records, report.records_failed, report.records_flagged) == (10, 0, 1)
    assert report.output == report.journal == Path("out/digests.jsonl")
    assert not report.interrupted
    assert report.sentences == 20
    record = journal()[3]
    expected = FakePipeline()._digest(
        Article(
            "Artikel 3.",
            id="00003.txt",
            source="in/00003.txt",
            raw_sha256=record["sha256"],
        )
    )
    assert record == {**expected.to_dict(), "config": "f1"}
    assert sorted(os.listdir("out")) == [".kortom.lock", "digests.jsonl"]  # noqa: PTH208


def test_bad_articles_are_records_with_an_error_and_the_run_goes_on() -> None:
    make(2)
    Path("in/00000a.txt").write_bytes(b"\0" * 100)
    report = go()
    assert (report.done, report.failed) == (3, 1)
    assert [bool(record["error"]) for record in journal()] == [False, True, False]
    assert any("with an error: 1" in note for note in report.notes)
    assert any("00000a.txt" in note for note in report.notes)


def test_text_is_written_as_it_is_and_a_lone_surrogate_as_an_escape() -> None:
    Path("a.jsonl").write_text('{"text": "één 😀", "title": "a"}', encoding="utf-8")
    go(inputs="a.jsonl")
    assert "één 😀" in Path("out/digests.jsonl").read_text(encoding="utf-8")
    with Journal(Path("out"), fingerprint="f1") as other:
        other.append(Digest(source="b", summary="\ud800"))
    assert journal()[1]["summary"] == "\ud800"


def test_inputs_that_do_not_exist_and_other_mistakes_leave_no_output() -> None:
    make(1)
    for options in ({"inputs": ["in", "gone"]}, {"format": "docx"}, {"limit": -1}):
        with pytest.raises(InputError):
            go(**options)
    assert not Path("out").exists()


def test_an_output_inside_the_input_is_not_read() -> None:
    for folder, out in (("a", "a/out"), ("b", "b"), ("c/in", "c"), ("d/**/*", "d/x/out")):
        make(3, folder=folder.partition("*")[0])
        assert go(inputs=folder, out=out).done == 3
        again = go(FakePipeline(fingerprint="f2"), inputs=folder, out=out, format="md")
        assert (again.done, again.skipped) == (3, 0)
        assert go(FakePipeline(fingerprint="f2"), inputs=folder, out=out).done == 0
    # That of an earlier run elsewhere in the input is none of this one's business either.
    report = go(inputs="a")
    assert (report.done, report.ignored["output of kortom"]) == (3, 1)


def test_what_was_passed_over_is_counted() -> None:
    make(1)
    for name in ("a.jpg", "b.jpg", "c.png"):
        Path("in", name).touch()
    report = go()
    assert report.ignored == Counter({".jpg": 2, ".png": 1})
    assert "Passed over, not articles: 2 .jpg, 1 .png." in report.notes


# A second run


def test_a_second_run_does_only_what_is_new_or_changed() -> None:
    make(6)
    go()
    before = Path("out/digests.jsonl").read_bytes()
    pipeline = FakePipeline()
    report = go(pipeline)
    assert (report.done, report.skipped, pipeline.seen) == (0, 6, [])
    assert Path("out/digests.jsonl").read_bytes() == before

    Path("in/00002.txt").write_text("Veranderd.")
    Path("in/00009.txt").write_text("Nieuw.")
    report = go(pipeline)
    assert (report.done, report.skipped, report.replaced, report.records) == (2, 5, 1, 7)
    assert pipeline.seen == ["in/00002.txt", "in/00009.txt"]
    texts = {record["source"]: record["english"] for record in journal()}
    assert len(texts) == len(journal()) == 7
    assert texts["in/00002.txt"] == ["VERANDERD."]

    # Back to what it once was: the replaced record is no longer an excuse to skip.
    Path("in/00002.txt").write_text("Artikel 2.")
    assert go().done == 1


def test_another_configuration_redoes_all() -> None:
    make(5)
    go()
    report = go(FakePipeline(fingerprint="f2"))
    assert (report.done, report.replaced, report.records) == (5, 5, 5)
    assert {record["config"] for record in journal()} == {"f2"}
    assert sources() == [f"in/{n:05}.txt" for n in range(5)]


def test_an_article_with_an_error_is_retried_when_it_changed_or_when_asked() -> None:
    make(2)
    Path("in/00001.txt").write_bytes(b"")
    assert go().failed == 1
    assert go().done == 0
    retried = go(retry_failed=True)
    assert (retried.done, retried.failed, retried.records, retried.records_failed) == (1, 1, 2, 1)
    Path("in/00001.txt").write_text("Toch iets.")
    report = go()
    assert (report.done, report.records_failed, len(journal())) == (1, 0, 2)


def test_the_error_of_a_file_of_rows_goes_when_its_rows_can_be_read() -> None:
    Path("a.csv").write_text("kolom\nTekst.\n")
    assert go(inputs="a.csv").records_failed == 1
    report = go(inputs="a.csv", text_field="kolom")
    assert (report.records, report.records_failed, sources()) == (1, 0, ["a.csv#1"])


def test_the_error_of_a_file_that_breaks_off_after_some_rows_stays_while_it_is_true() -> None:
    # Words that do not compress, so that a part of the file holds a part of the rows.
    noise = random.Random(1)
    rows = [json.dumps({"text": noise.randbytes(1000).hex()}) for _ in range(200)]
    whole = gzip.compress("\n".join(rows).encode())
    Path("a.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    first = go(inputs="a.jsonl.gz")
    assert first.records_failed == 1
    assert 50 < first.records < 150
    for fingerprint in ("f1", "f1", "f2"):
        report = go(FakePipeline(fingerprint=fingerprint), inputs="a.jsonl.gz")
        assert (report.records, report.records_failed) == (first.records, 1)
    Path("a.jsonl.gz").write_bytes(whole)
    report = go(inputs="a.jsonl.gz")
    assert (report.records, report.records_failed) == (200, 0)


def test_other_inputs_add_to_the_same_output() -> None:
    make(3)
    make(2, folder="more")
    go()
    report = go(inputs=["more", "in", "in/00001.txt"])
    assert (report.done, report.skipped, report.records) == (2, 4, 5)


def test_the_same_file_twice_in_a_run_is_done_once() -> None:
    make(3)
    report = go(inputs=["in", "in/00001.txt", "in"])
    assert (report.done, report.skipped, len(journal())) == (3, 4, 3)


def test_a_limit_stops_and_the_next_run_goes_on() -> None:
    make(10)
    report = go(limit=3)
    assert (report.done, report.limited, report.interrupted) == (3, True, False)
    report = go(limit=7)
    assert (report.done, report.skipped, report.limited) == (7, 3, False)
    assert sources() == [f"in/{n:05}.txt" for n in range(10)]


# Lines that recur


class CleaningPipeline(FakePipeline):
    """Digests that are what the cleaner makes of an article, told what recurs at its site."""

    def _digest(self, article: Article) -> Digest:
        cleaned = clean(article.text, title=article.title, recurring=article.recurring)
        return replace(
            super()._digest(article), paragraphs=cleaned.paragraphs, removed=cleaned.removed
        )


def make_site(count: int, *, folder: str = "in") -> None:
    Path(folder).mkdir(parents=True, exist_ok=True)
    for n in range(count):
        # Versions of one article that differ in figures alone would count once.
        name = "abcdefghij"[n % 10] * (3 + n // 10)
        text = (
            f"Raad van {name} stemt over huizen aan de rand van het dorp\n\n"
            f"De raad van {name} stemde dinsdag over honderd huizen, zei de wethouder.\n\n"
            f"Volgens burgemeester Van {name} duurde het debat lang en sprak daar iedereen.\n\n"
            "Hunzebode weekkrant dichtbij huis\n\n"
            "Deel dit artikel\n"
        )
        Path(folder, f"{n:05}.txt").write_text(text)


def test_what_recurs_at_a_site_is_learned_before_the_first_digest() -> None:
    make_site(12)
    go(CleaningPipeline())
    cues = [cue for record in journal() for item in record["removed"] for cue in [item["cues"]]]
    assert sum("text:recurs" in cue for cue in cues) >= 12
    assert Path("out/recurring.json").is_file()


@pytest.mark.parametrize("limit", [1, 5, 11])
def test_a_run_in_parts_writes_what_a_run_at_once_writes(limit: int) -> None:
    make_site(12)
    go(CleaningPipeline(), out="whole")
    report = go(CleaningPipeline(), limit=limit)
    while report.limited:
        report = go(CleaningPipeline(), limit=limit)
    assert Path("out/digests.jsonl").read_bytes() == Path("whole/digests.jsonl").read_bytes()


def test_what_was_learned_stays_when_articles_come_in() -> None:
    make_site(12)
    go(CleaningPipeline())
    learned = Path("out/recurring.json").read_bytes()
    make_site(30)
    assert go(CleaningPipeline()).done == 18
    assert Path("out/recurring.json").read_bytes() == learned


def test_a_damaged_table_of_recurring_lines_is_an_error_with_a_remedy() -> None:
    make_site(3)
    Path("out").mkdir()
    Path("out/recurring.json").write_text("{}")
    with pytest.raises(InputError, match=r"recurring\.json is damaged .*delete it"):
        go()


# Crashes


def test_a_pipeline_that_dies_loses_nothing_that_was_written() -> None:
    make(10)
    with pytest.raises(MemoryError):
        go(Fatal())
    assert len(journal()) == 4
    assert go().done == 6
    assert sources() == [f"in/{n:05}.txt" for n in range(10)]


@given(cut=st.integers(min_value=0, max_value=2000))
@settings(max_examples=25, deadline=None)
def test_a_journal_cut_anywhere_is_mended_to_the_same_bytes(
    cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    os.chdir(tmp_path_factory.mktemp("cut"))
    make(4)
    go()
    path = Path("out/digests.jsonl")
    whole = path.read_bytes()
    path.write_bytes(whole[: cut % len(whole)])
    go()
    assert path.read_bytes() == whole


def test_a_damaged_line_is_put_aside_and_its_article_done_again() -> None:
    make(4)
    go()
    path = Path("out/digests.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b'{"damaged": \xff\n' + b"".join(lines[2:]))
    report = go()
    assert (report.done, report.skipped, report.repaired) == (1, 3, 1)
    assert sorted(sources()) == [f"in/{n:05}.txt" for n in range(4)]
    assert Path("out/digests.broken.jsonl").read_bytes() == b'{"damaged": \xff\n'
    assert "damaged" in report.notes[0]


def test_doubles_left_by_a_crash_before_the_rewrite_go_at_the_next_start() -> None:
    make(3)
    go()
    old = Path("out/digests.jsonl").read_bytes()
    go(FakePipeline(fingerprint="f2"))
    new = Path("out/digests.jsonl").read_bytes()
    Path("out/digests.jsonl").write_bytes(old + new[:-5])
    report = go(FakePipeline(fingerprint="f2"))
    assert (report.done, report.replaced) == (1, 1)
    assert Path("out/digests.jsonl").read_bytes() == new


def test_a_file_that_is_not_ours_is_left_alone() -> None:
    make(1)
    Path("out").mkdir()
    Path("out/digests.jsonl").write_text('{"van": "een ander"}\n')
    with pytest.raises(OutputError, match="not written by kortom"):
        go()
    assert Path("out/digests.jsonl").read_text() == '{"van": "een ander"}\n'


def test_a_pipeline_that_breaks_its_word_is_found_out() -> None:
    make(6)

    class Forgetful(FakePipeline):
        def stream(
            self,
            articles: Iterable[Article],
            /,
            *,
            observer: Callable[[str, int], None] | None = None,
        ) -> Iterator[Digest]:
            return islice(super().stream(articles), 1, None)

    class Short(FakePipeline):
        def stream(
            self,
            articles: Iterable[Article],
            /,
            *,
            observer: Callable[[str, int], None] | None = None,
        ) -> Iterator[Digest]:
            return iter(list(super().stream(articles))[:-1])

    with pytest.raises(RuntimeError, match=r"returned in/00001.txt where in/00000.txt was due"):
        go(Forgetful())
    with pytest.raises(RuntimeError, match=r"no digest for 1 articles, the first of them in/00005"):
        go(Short())


def spawn(*arguments: str, window: int = 4, seconds: float = 0.01) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, __file__, str(window), str(seconds), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
    )


def wait_for_lines(count: int) -> None:
    path = Path("out/digests.jsonl")
    end = time.monotonic() + 60
    while not path.exists() or path.read_bytes().count(b"\n") < count:
        assert time.monotonic() < end, "the run did not start"
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_first_signal_finishes_the_window_and_the_next_run_goes_on(number: int) -> None:
    make(400)
    run = spawn("in", window=8)
    wait_for_lines(8)
    run.send_signal(number)
    output, errors = run.communicate(timeout=60)
    report = json.loads(output)
    assert run.returncode == 0, errors
    assert report["interrupted"]
    assert errors.count("finishing what was begun (Ctrl-C again stops at once)") == 1
    assert 8 <= report["done"] < 400
    assert len(sources()) == report["done"]
    assert "To go on, run the same command again." in report["notes"]
    assert go().skipped == report["done"]
    assert sources() == [f"in/{n:05}.txt" for n in range(400)]


def test_a_second_signal_stops_at_once_and_loses_only_the_window() -> None:
    make(40)
    # A window takes eight seconds, so that both signals come within it on a busy machine too.
    run = spawn("in", window=4, seconds=2)
    wait_for_lines(4)
    run.send_signal(signal.SIGINT)
    # Not before it was heard: the kernel makes one of two signals that wait for the same write
    # to a slow disk.
    assert run.stderr is not None
    assert any("finishing what was begun" in line for line in run.stderr)
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors
    assert len(journal()) % 4 == 0
    go()
    assert sources() == [f"in/{n:05}.txt" for n in range(40)]


def test_a_signal_while_waiting_for_standard_input_stops_the_run() -> None:
    run = spawn("-", window=1, seconds=0)
    assert run.stdin is not None
    run.stdin.write('{"text": "een"}\n')
    run.stdin.flush()
    wait_for_lines(1)
    time.sleep(0.2)
    run.send_signal(signal.SIGINT)
    # Not communicate: it would close the standard input, and that alone ends the run.
    assert run.wait(timeout=60) == 0
    assert run.stdout is not None
    assert json.loads(run.stdout.read())["interrupted"]
    run.communicate()


def test_killed_again_and_again_each_article_is_there_once_with_the_same_bytes() -> None:
    make(300)
    go(out="straight")
    for part in (20, 110, 200):
        run = spawn("in", seconds=0.002)
        wait_for_lines(part)
        run.kill()
        run.communicate()
    go()
    assert Path("out/digests.jsonl").read_bytes() == Path("straight/digests.jsonl").read_bytes()


def test_two_runs_on_one_output_are_refused_and_a_killed_one_lets_go() -> None:
    make(400)
    run = spawn("in")
    wait_for_lines(1)
    with pytest.raises(OutputError, match=rf"process {run.pid}\) is writing to out; wait for it"):
        go()
    run.kill()
    run.communicate()
    assert go(limit=1).done == 1
    with (
        Journal(Path("out"), fingerprint="f1"),
        pytest.raises(OutputError, match="another run"),
    ):
        go()


def test_a_forked_worker_that_outlives_the_run_does_not_hold_the_output() -> None:
    held = Journal(Path("out"), fingerprint="f1")
    child = os.fork()
    if not child:
        time.sleep(20)
        os._exit(0)
    try:
        time.sleep(0.1)
        held.close()
        Journal(Path("out"), fingerprint="f1").close()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_full_disk_is_an_error_with_a_remedy_and_leaves_a_whole_journal() -> None:
    make(300)
    # A limit on the size of a file fails a write halfway, as a full disk does.
    command = [
        "bash",
        "-c",
        'ulimit -f 40; exec "$@"',
        "-",
        sys.executable,
        __file__,
        "4",
        "0",
        "in",
    ]
    root = str(Path(__file__).parent.parent)
    run = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": root},
        check=False,
    )
    assert "out/digests.jsonl cannot be written (File too large); raise the limit" in run.stderr
    assert Path("out/digests.jsonl").read_bytes().endswith(b"\n")
    assert 0 < len(journal()) < 300
    go()
    assert sources() == [f"in/{n:05}.txt" for n in range(300)]


def test_an_output_that_cannot_be_made_is_an_error_with_a_remedy() -> None:
    make(1)
    Path("file").touch()
    with pytest.raises(OutputError, match=r"file cannot be written .* choose another output"):
        go(out="file")
    with pytest.raises(OutputError, match=r"file/out cannot be written .* in the way"):
        go(out="file/out")


# Memory and progress


def test_a_thousand_articles_are_never_held_at_once() -> None:
    Path("in").mkdir()
    filler = "Een zin over het weer. " * 400
    for part in range(2):
        with Path(f"in/{part}.jsonl").open("w") as lines:
            for number in range(500):
                lines.write(json.dumps({"text": f"{part} {number} {filler}"}) + "\n")

    class Counting(FakePipeline):
        taken = given = most = 0

        def stream(
            self,
            articles: Iterable[Article],
            /,
            *,
            observer: Callable[[str, int], None] | None = None,
        ) -> Iterator[Digest]:
            def counted() -> Iterator[Article]:
                for article in articles:
                    self.taken += 1
                    self.most = max(self.most, self.taken - self.given)
                    yield article

            for digest in super().stream(counted(), observer=observer):
                self.given += 1
                yield digest

    pipeline = Counting(window=8)
    go(pipeline, limit=16)
    tracemalloc.start()
    report = go(pipeline)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (report.done, report.records) == (984, 1000)
    assert pipeline.most == 8
    # 1,000 articles of 9 kB; with their capitals and JSON they would be 30 MB.
    assert peak < 3_000_000


@given(st.sets(st.binary(min_size=16, max_size=16), max_size=200), st.integers(0, 200))
@settings(deadline=None)
def test_a_key_set_is_a_set(keys: set[bytes], split: int) -> None:
    first, later = list(keys)[:split], list(keys)[split:]
    compact = KeySet(b"".join(first))
    compact._LATE = 8
    for key in later:
        compact.add(key)
        compact.add(key)
    assert len(compact) == len(keys)
    assert all(key in compact for key in keys)
    for key in keys:
        other = bytes([key[0] ^ 1]) + key[1:]
        assert (other in compact) == (other in keys)


def test_progress_tells_of_articles_sentences_and_stages() -> None:
    make(20)
    Path("in/00003.txt").write_text("")
    seen: list[Snapshot] = []

    class Show:
        def show(self, snapshot: Snapshot, /) -> None:
            seen.append(snapshot)

    go(limit=4)
    go(FakePipeline(seconds=0.01), progress=Show())
    last = seen[-1]
    assert (last.stage, last.done, last.skipped) == ("ended", 16, 4)
    assert last.sentences == 32
    assert last.rate > 0
    stages = [snapshot.stage for snapshot in seen]
    assert [s for n, s in enumerate(stages) if s != stages[max(0, n - 1)]][:3] == [
        "learning",
        "reading",
        "translating",
    ]
    assert last.fraction == 1.0
    assert any(snapshot.eta for snapshot in seen)
    assert "16 articles, 2 to check, 4 done before" in str(last)


def test_progress_on_a_terminal_and_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    make(12)
    for terminal in (True, False):
        console = Console(stderr=True, force_terminal=terminal, width=100)
        with open_progress(console) as progress:
            go(FakePipeline(seconds=0.02), out=f"out{terminal}", progress=progress)
        output = capsys.readouterr().err
        assert ("ended: 12 articles, 1 to check" in output) or terminal
        assert ("\x1b[" in output) == terminal


def main() -> None:
    window, seconds, *inputs = sys.argv[1:]
    pipeline = FakePipeline(window=int(window), seconds=float(seconds))
    with open_progress(Console(stderr=True)) as progress:
        report = run_folder(pipeline, inputs, out="out", progress=progress)
    print(
        json.dumps(
            {
                "done": report.done,
                "interrupted": report.interrupted,
                "notes": " ".join(report.notes),
            }
        )
    )


if __name__ == "__main__":
    main()
