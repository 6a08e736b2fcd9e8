"""A journal in another form: one JSON array, a parquet file, or a Markdown file per article.

Each is made from ``digests.jsonl`` at the end of a run, a record at a time, and takes the place of
its predecessor in one step, so a reader never sees half of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any, Literal, get_args

from pipeline.folder.disk import explained, replacing
from pipeline.folder.journal import KeySet, encode, records
from pipeline.reading import InputError

Format = Literal["jsonl", "json", "parquet", "md"]
FORMATS: tuple[Format, ...] = get_args(Format)

_ROWS_PER_GROUP = 512
_OURS = re.compile(r"-[0-9a-f]{10}\.md$")


def check_format(name: str) -> Format:
    """`name`, if it is one of `FORMATS`.

    Raises:
        InputError: It is not.
    """
    if name not in FORMATS:
        raise InputError(f"format {name!r} is not known; choose from {', '.join(FORMATS)}")
    return name


def target(folder: Path, form: Format) -> Path:
    """Where `write` puts a form: a file, or for Markdown a folder."""
    return folder / ("markdown" if form == "md" else f"digests.{form}")


def write(journal: Path, form: Format) -> Path:
    """Write the records of `journal` beside it in another form; where they are now.

    Raises:
        OutputError: It cannot be written; what was there before is still there.
    """
    path = target(journal.parent, form)
    with explained(path):
        if form == "json":
            _write_json(journal, path)
        elif form == "parquet":
            _write_parquet(journal, path)
        elif form == "md":
            _write_markdown(journal, path)
    return path


def markdown(record: Mapping[str, Any]) -> str:
    """A record as a Markdown page: the summary, the English, the Dutch, and what was removed."""
    front = ["title", "id", "source", "date", "author", "url", "error"]
    # A JSON string is a YAML string too, whatever is in it.
    lines = ["---"]
    lines += [
        f"{key}: {json.dumps(record[key], ensure_ascii=False)}" for key in front if record.get(key)
    ]
    lines += ["---", "", f"# {_line(record['english_title'] or record['title'] or record['id'])}"]
    if record["error"]:
        lines += ["", f"**Not done:** {_line(record['error'])}"]
    if record["summary"]:
        lines += ["", "## Summary", "", record["summary"]]
    for heading, key in (("English", "english"), ("Dutch", "paragraphs")):
        if record[key]:
            lines += ["", f"## {heading}", "", "\n\n".join(record[key])]
    if record["flags"]:
        lines += ["", "## To check", ""]
        lines += [f"- {x['kind']} ({x['where']}): {_line(x['detail'])}" for x in record["flags"]]
    if record["removed"]:
        lines += ["", "## Removed", ""]
        lines += [
            f"- {x['reason']}, line {x['line']}: {_line(x['text'])}" for x in record["removed"]
        ]
    return "\n".join(lines) + "\n"


def page_name(record: Mapping[str, Any]) -> str:
    """A file name for a record: readable, safe on every system, and its own.

    The tail is a hash of the source, so that the name depends on no other record, two articles of
    one name do not overwrite each other, and a record that is redone keeps its name.
    """
    stem = re.sub(r"\.(txt|text|md|html?)(\.gz)?$", "", str(record["id"] or "article"))
    readable = re.sub(r"[^\w-]+", "-", stem.removeprefix("https://")).strip("-_")[:60] or "article"
    source = str(record["source"]).encode("utf-8", "surrogatepass")
    # The letters of a name may take four bytes each, and a file name no more than 255.
    return f"{readable}-{blake2b(source, digest_size=5).hexdigest()}.md"


def _write_json(journal: Path, path: Path) -> None:
    with replacing(path) as file:
        separator = b"[\n"
        for record in records(journal):
            file.write(separator + encode(record).rstrip(b"\n"))
            separator = b",\n"
        file.write(b"\n]\n" if separator == b",\n" else b"[]\n")


def _write_parquet(journal: Path, path: Path) -> None:
    # Late, because pyarrow takes half a second and most runs write none.
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    text = pa.string()
    removed = pa.struct(
        {
            "text": text,
            "line": pa.int64(),
            "reason": text,
            "score": pa.float64(),
            "cues": text,
        }
    )
    flag = pa.struct({"kind": text, "detail": text, "where": text, "paragraph": pa.int64()})
    model = pa.struct({"stage": text, "model": text})
    # Given in full: columns that are empty in one batch would else change type between batches.
    schema = pa.schema(
        {
            **dict.fromkeys(["id", "source", "title", "english_title", "summary"], text),
            "english": pa.list_(text),
            "paragraphs": pa.list_(text),
            "removed": pa.list_(removed),
            "flags": pa.list_(flag),
            **dict.fromkeys(["error", "date", "author", "url", "sha256", "config"], text),
            "models": pa.list_(model),
        }
    )
    with replacing(path) as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        rows = (_parquet_row(record, schema.names) for record in records(journal))
        while group := list(islice(rows, _ROWS_PER_GROUP)):
            writer.write_table(pa.Table.from_pylist(group, schema=schema))


def _parquet_row(record: dict[str, Any], names: list[str]) -> dict[str, Any]:
    models = [{"stage": stage, "model": name} for stage, name in record.get("models", {}).items()]
    row: dict[str, Any] = _writable({name: record.get(name) for name in names})
    return {**row, "models": models}


def _writable(value: Any) -> Any:  # noqa: ANN401  (any part of a JSON record)
    """`value` with lone surrogates, which Arrow cannot hold, written as question marks."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_writable(item) for item in value]
    if isinstance(value, dict):
        return {key: _writable(item) for key, item in value.items()}
    return value


def _write_markdown(journal: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    written = KeySet()
    for record in records(journal):
        name = page_name(record)
        written.add(_fixed(name))
        page = markdown(record).encode("utf-8", "replace")
        path = folder / name
        # An archive's pages are mostly those of the last run; leave their times alone.
        if not path.exists() or path.read_bytes() != page:
            with replacing(path, durable=False) as file:
                file.write(page)
    # The pages of articles that changed their id since; anything a person put there stays.
    for path in folder.glob("*.md"):
        if _OURS.search(path.name) and _fixed(path.name) not in written:
            path.unlink()


def _fixed(name: str) -> bytes:
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _line(text: object) -> str:
    return " ".join(str(text).split())
