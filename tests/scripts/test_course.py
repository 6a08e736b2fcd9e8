"""The course in parts: parcels, decoding that goes on after a kill, and which stage is next."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from scripts.train import course as course_module
from scripts.train.course import STAGES, Course, bring_home, run_course
from scripts.train.generate import choose_dutch, choose_english, read_rows, resembles, write_chosen
from scripts.train.parcel import pack, unpack

Rows = Sequence[tuple[str, str]]


@pytest.mark.parametrize("compress", [True, False])
def test_a_parcel_comes_out_as_it_went_in(tmp_path: Path, compress: bool) -> None:
    root = tmp_path / "root"
    (root / "model").mkdir(parents=True)
    (root / "model" / "weights").write_bytes(bytes(range(256)) * 40)
    (root / "pairs.tsv").write_text("a\tb\n")
    paths = [root / "model", root / "pairs.tsv"]
    target = tmp_path / "parcel" / "course"
    pieces = pack(paths, target, root=root, compress=compress, piece=500)
    assert all(piece.stat().st_size <= 500 for piece in pieces)
    unpack(tmp_path / "parcel", tmp_path / "back")
    assert (tmp_path / "back" / "pairs.tsv").read_text() == "a\tb\n"
    assert (tmp_path / "back" / "model" / "weights").read_bytes() == bytes(range(256)) * 40
    # A smaller parcel leaves no piece of the larger one behind.
    pack(paths[1:], target, root=root, compress=compress)
    assert len(list((tmp_path / "parcel").iterdir())) == 1


def test_a_parcel_with_a_missing_or_broken_piece_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(range(256)) * 20)
    pieces = pack(
        [tmp_path / "file"], tmp_path / "p" / "x", root=tmp_path, compress=False, piece=900
    )
    content = pieces[0].read_bytes()
    pieces[0].unlink()
    with pytest.raises(ValueError, match="pieces"):
        unpack(tmp_path / "p", tmp_path / "back")
    pieces[0].write_bytes(b"?" * len(content))
    with pytest.raises(ValueError, match="damaged"):
        unpack(tmp_path / "p", tmp_path / "back")


def test_decoding_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    rows = [(f"zin {i}", f"sentence {i}") for i in range(25)]
    decoded: list[str] = []

    def decode(some: Rows) -> list[list[str]]:
        decoded.extend(row[0] for row in some)
        return [[row[1].upper()] for row in some]

    def choose(some: Rows, found: Sequence[Sequence[str]]) -> list[str]:
        return [
            "" if row[0].endswith("3") else nbest[0] for row, nbest in zip(some, found, strict=True)
        ]

    target = tmp_path / "out"
    part = tmp_path / "out.part"
    # A kill in the middle of a line.
    part.write_text("SENTENCE 0\nSENTENCE 1\nSENT")
    assert write_chosen(rows, target, decode=decode, choose=choose, chunk=10)
    assert decoded[0] == "zin 2"
    lines = target.read_text().split("\n")[:-1]
    assert lines == ["" if i % 10 == 3 else f"SENTENCE {i}" for i in range(25)]
    assert not part.exists()


def test_decoding_stops_at_its_deadline(tmp_path: Path) -> None:
    rows = [("a", "b")] * 30
    target = tmp_path / "out"

    def decode(some: Rows) -> list[list[str]]:
        return [["x"] for _ in some]

    def choose(some: Rows, found: Sequence[Sequence[str]]) -> list[str]:
        return [nbest[0] for nbest in found]

    past = time.monotonic() - 1
    assert not write_chosen(rows, target, decode=decode, choose=choose, chunk=10, deadline=past)
    assert not target.exists()
    assert write_chosen(rows, target, decode=decode, choose=choose, chunk=10)


def test_of_the_n_best_the_sound_one_nearest_to_the_reference_is_kept() -> None:
    rows = [("Het kost 12 euro.", "It costs 12 euros.")]
    nbest = ["That is 12 euros.", "It costs euros.", "It costs 12 euros now."]
    # The second is near, but lost its figure.
    assert choose_english(rows, [nbest]) == ["It costs 12 euros now."]
    assert choose_english(rows, [["It costs euros."]]) == [""]
    assert resembles("a b c", "a b c") == 1
    assert resembles("a b", "c d") == 0


def test_back_translations_that_cannot_be_are_refused() -> None:
    rows = [("", "It costs 12 euros today.")] * 3
    found = [
        ["Het kost 13 euro vandaag.", "Het kost vandaag 12 euro."],
        ["Het het het het het het."],
        [],
    ]
    assert choose_dutch(rows, found) == ["Het kost vandaag 12 euro.", "", ""]


def test_rows_are_read_by_the_beginning_of_their_group(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("a\tb\tnews:x\nc\td\tkde\n")
    assert list(read_rows([path], ("news", "back"))) == [("a", "b", "news:x")]


def test_a_course_goes_on_with_the_first_stage_that_is_not_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    unfinished = {"teacher"}

    def stage(name: str) -> None:
        def run(self: Course) -> bool:
            ran.append(name)
            return name not in unfinished

        monkeypatch.setattr(course_module.Course, name, run)

    for name in STAGES:
        stage(name)
    later = time.monotonic() + 100
    course = Course(out=tmp_path, deadline=later, workers=0, rehearsal={})
    assert run_course(course) == ["reverse", "back"]
    assert ran == ["reverse", "back", "teacher"]
    unfinished.clear()
    assert run_course(course) == list(STAGES[2:])
    assert ran[3:] == ["teacher", "distil", "student", "summarise"]
    over = Course(out=tmp_path / "new", deadline=time.monotonic() - 1, workers=0, rehearsal={})
    assert run_course(over) == []


def test_what_came_home_is_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def stage(name: str) -> None:
        def run(self: Course) -> bool:
            ran.append(name)
            return True

        monkeypatch.setattr(course_module.Course, name, run)

    for name in STAGES:
        stage(name)
    (tmp_path / "back.tsv").write_text("a\tb\tback\n")
    course = Course(out=tmp_path, deadline=time.monotonic() + 100, workers=0, rehearsal={})
    run_course(course)
    assert ran == ["teacher", "distil", "student", "summarise"]
    pieces = bring_home(tmp_path, tmp_path / "home", stages=["back", "distil", "student"])
    assert [piece.name for piece in pieces] == ["back.tar.xz.00"]
