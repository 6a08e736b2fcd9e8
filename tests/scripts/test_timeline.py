"""The arithmetic of the timeline: nested, parallel and missing work."""

import threading

import pytest

from scripts.benchmark.timeline import ENCODE, ENGINE, OTHER, Clock, Span, Timeline, text


def timeline(*spans: Span, seconds: float = 10.0) -> Timeline:
    return Timeline(
        precision="float32",
        articles=2,
        errors=0,
        characters=100,
        sentences=4,
        seconds=seconds,
        spans=spans,
    )


def test_shares_add_up_to_the_wall_time() -> None:
    found = timeline(
        Span("clean", 0.0, 1.0, 0.0, False),
        Span(ENCODE, 1.0, 1.4, 0.0, False),
        Span(ENGINE, 2.0, 9.0, 0.0, False),
    )
    shares = found.shares()
    assert sum(shares.values()) == pytest.approx(1.0)
    assert shares[OTHER] == pytest.approx(0.16)
    assert found.busy == pytest.approx(0.7)
    assert found.codec == pytest.approx(0.4 / 7)


def test_engines_that_overlap_are_busy_once() -> None:
    found = timeline(
        Span(ENGINE, 0.0, 4.0, 0.0, False),
        Span(ENGINE, 1.0, 2.0, 0.0, True),
        Span(ENGINE, 3.0, 6.0, 0.0, True),
    )
    assert found.busy == pytest.approx(0.6)
    assert found.time(ENGINE) == pytest.approx(8.0)


def test_work_inside_other_work_counts_once_and_threads_apart() -> None:
    clock = Clock()

    def nothing() -> None:
        pass

    inner = clock.around("split", nothing)
    threaded = threading.Thread(target=clock.around("asked", nothing))

    def outer() -> None:
        inner()
        threaded.start()
        threaded.join()

    clock.around("clean", outer)()
    spans = {span.kind: span for span in clock.spans}
    split, clean = spans["split"], spans["clean"]
    assert clean.inner == pytest.approx(split.end - split.start)
    assert clean.start <= split.start <= split.end <= clean.end
    assert spans["asked"].thread
    assert not clean.thread
    clock.restart()
    assert clock.spans == []


def test_the_table_names_each_kind_with_its_share() -> None:
    table = text(timeline(Span("clean", 0.0, 1.0, 0.0, False), Span(ENGINE, 1.0, 10.0, 0.0, False)))
    rows = {line.split()[0]: line for line in table.splitlines()[1:] if "|" in line}
    assert " 90.0 %" in rows[ENGINE]
    assert " 10.0 %" in rows["clean"]
    assert rows["clean"].index("#") < rows[ENGINE].index("#")
    assert "engine busy 90.0 %" in table
