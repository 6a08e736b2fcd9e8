"""Digests as JSON, parquet and Markdown, made from the journal."""

import json
import os
import tracemalloc
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from pipeline.article import Digest, Flag, Removed
from pipeline.folder import OutputError
from pipeline.folder.journal import Journal
from pipeline.folder.writing import markdown, page_name, write

FULL = Digest(
    title='Kop: "één"',
    paragraphs=["Eén.", "Twee."],
    removed=[Removed(text="Lees\nook", line=3, reason="related")],
    english_title="Heading",
    english=["One.", "Two."],
    summary="Short.",
    flags=[Flag(kind="number", detail="7 became 8", where="english", paragraph=1)],
    id="map/een.txt",
    source="in/map/een.txt",
    sha256="ab",
    url="https://voorbeeld.nl/?a=1: #2",
    models={"translate": "a", "summarise": "b"},
)
FAILED = Digest(id="twee.txt", source="in/twee.txt", sha256="cd", error="in/twee.txt: is empty")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def fill(out: Path, *digests: Digest) -> Path:
    with Journal(out, fingerprint="f1") as journal:
        for digest in digests:
            journal.append(digest)
        journal.finish()
        return journal.path


def lines(journal: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in journal.read_bytes().splitlines()]


def test_json_is_an_array_of_the_same_records(out: Path) -> None:
    assert json.loads(write(fill(out), "json").read_text()) == []
    journal = fill(out, FULL, FAILED)
    path = write(journal, "json")
    assert path == out / "digests.json"
    assert json.loads(path.read_text(encoding="utf-8")) == lines(journal)


def test_parquet_has_one_type_for_each_column_whatever_is_empty(out: Path) -> None:
    empty = pq.read_table(write(fill(out), "parquet")).schema
    failed = pq.read_table(write(fill(out, FAILED), "parquet")).schema
    table = pq.read_table(write(fill(out, FULL), "parquet"))
    assert empty == failed == table.schema
    error, row = table.to_pylist()
    assert error["error"] == FAILED.error
    assert error["english"] == error["removed"] == []
    expected = {**FULL.to_dict(), "config": "f1"}
    models = expected.pop("models")
    assert {pair["stage"]: pair["model"] for pair in row.pop("models")} == models
    assert row == expected


def test_parquet_can_hold_what_utf8_cannot(out: Path) -> None:
    odd = Digest(source="a", summary="\ud800", removed=[Removed(text="\udfff", line=1, reason="x")])
    [row] = pq.read_table(write(fill(out, odd), "parquet")).to_pylist()
    assert (row["summary"], row["removed"][0]["text"]) == ("?", "?")


def test_datasets_reads_the_parquet_and_the_json_lines(out: Path) -> None:
    import datasets

    journal = fill(out, FULL, FAILED)
    for kind, path in (("parquet", write(journal, "parquet")), ("json", journal)):
        cache = str(out / "cache")
        rows = datasets.load_dataset(kind, data_files=str(path), split="train", cache_dir=cache)
        assert rows["english"] == [["One.", "Two."], []]


def test_a_markdown_page_has_all_of_a_digest() -> None:
    page = markdown(FULL.to_dict())
    _, front, body = page.split("---\n", 2)
    assert yaml.safe_load(front) == {
        "title": FULL.title,
        "id": FULL.id,
        "source": FULL.source,
        "url": FULL.url,
    }
    parts = [
        "# Heading",
        "## Summary\n\nShort.",
        "## English\n\nOne.\n\nTwo.",
        "## Dutch\n\nEén.\n\nTwee.",
        "## To check\n\n- number (english): 7 became 8",
        "## Removed\n\n- related, line 3: Lees ook",
    ]
    assert body == "\n" + "\n\n".join(parts) + "\n"
    assert "**Not done:** in/twee.txt: is empty" in markdown(FAILED.to_dict())


def test_page_names_are_safe_stable_and_their_own() -> None:
    ids = ["../../etc/passwd", "a/b.txt", "a-b.txt", "con", "é" * 300, "", None, "?<>|:*", "日本"]
    records = [{"id": name, "source": f"in/{n}"} for n, name in enumerate(ids)]
    names = [page_name(record) for record in records]
    assert len(set(names)) == len(names)
    assert names == [page_name(record) for record in records]
    for name in names:
        assert not name.startswith((".", "-"))
        assert not set('/\\?<>|:*"') & set(name)
        assert len(os.fsencode(name)) <= 255
    assert names[1].startswith("a-b-")


def test_markdown_is_brought_up_to_date_and_leaves_other_files_alone(out: Path) -> None:
    folder = write(fill(out, FULL, FAILED), "md")
    assert folder == out / "markdown"
    pages = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert set(pages) == {page_name(FULL.to_dict()), page_name(FAILED.to_dict())}
    (folder / "my-notes.md").write_text("mine")
    renamed = Digest(id="nieuw.txt", source=FAILED.source, sha256="ef", summary="Done.")
    write(fill(out, renamed), "md")
    after = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert set(after) == {page_name(FULL.to_dict()), page_name(renamed.to_dict()), "my-notes.md"}
    # What did not change was not written again.
    assert after[page_name(FULL.to_dict())] == pages[page_name(FULL.to_dict())]


def test_a_form_that_cannot_be_written_leaves_what_was_there(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = fill(out, FULL)
    path = write(journal, "json")
    before = path.read_bytes()

    def full_disk(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(OutputError, match=r"digests.json cannot be written .* free some space"):
        write(journal, "json")
    assert path.read_bytes() == before
    assert {p.name for p in out.iterdir()} == {".kortom.lock", "digests.jsonl", "digests.json"}


@pytest.mark.parametrize("form", ["json", "parquet", "md"])
def test_memory_does_not_grow_with_the_articles(out: Path, form: str) -> None:
    record = {**FULL.to_dict(), "config": "f1", "english": ["Some text. " * 200] * 5}
    fill(out)
    count = 100 if form == "md" else 2000
    with (out / "digests.jsonl").open("w") as file:
        for number in range(count):
            file.write(json.dumps({**record, "source": f"in/{number}"}) + "\n")
    write(out / "digests.jsonl", form)  # type: ignore[arg-type]
    tracemalloc.start()
    write(out / "digests.jsonl", form)  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < (16_000_000 if form == "parquet" else 2_000_000)
