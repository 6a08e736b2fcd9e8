"""Files of rows: JSON lines, JSON, CSV, TSV and parquet, read a row at a time; rows to articles.

A row's text, title, id and so on are found by the names of the columns (`Columns`), or named by the
caller. A row that cannot be read comes out as a `Problem` in its place.
"""

from __future__ import annotations

import csv
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, TextIO

from pipeline.reading.text import NotTextError, clean_surrogates, decode

MAX_BYTES = 64 * 2**20
"""The largest raw record, file or row, that is taken into memory."""

ROLES: Mapping[str, tuple[str, ...]] = {
    # In order of preference, in lower case without punctuation: "article_body" is "articlebody".
    "text": (
        *("text", "tekst", "body", "content", "article", "artikel", "inhoud", "articlebody"),
        *("articletext", "artikeltekst", "bodytext", "fulltext", "maintext", "plaintext"),
        *("rawtext", "story", "bericht", "document", "html", "rawhtml", "bodyhtml", "contenthtml"),
        *("raw",),
    ),
    "title": ("title", "titel", "headline", "kop", "koptekst", "heading", "articletitle"),
    "id": ("id", "guid", "uid", "uuid", "articleid", "artikelid", "docid", "identifier", "url"),
    "date": (
        *("date", "datum", "datepublished", "publishedat", "published", "publicationdate"),
        *("publicatiedatum", "datepublish", "pubdate", "publishdate", "timestamp"),
    ),
    "author": ("author", "auteur", "authors", "auteurs", "byline", "creator", "journalist"),
    "url": ("url", "link", "permalink", "canonicalurl", "sourceurl", "articleurl"),
}
_HTML = {"html", "rawhtml", "bodyhtml", "contenthtml"}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row, or the rest of a file, cannot be read.

    Attributes:
        message: What is wrong and what to do.
        whole: It concerns the file, not one row.
    """

    message: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Fields:
    """What a row says of its article; `text` is never None, and may be empty."""

    text: str
    title: str | None = None
    id: str | None = None
    date: str | None = None
    author: str | None = None
    url: str | None = None
    html: bool = False


Row = Mapping[str, object]
Numbered = tuple[int, Row | Problem]


class Columns:
    """Which column holds what.

    Args:
        text: The column with the text; None to find it by its name.
        title: The column with the headline.
        key: The column with the article's own id.
    """

    def __init__(self, *, text: str | None, title: str | None, key: str | None) -> None:
        self._named = {"text": text, "title": title, "id": key}
        self._known: tuple[tuple[str, ...], dict[str, str]] | None = None

    def find(self, columns: Iterable[str]) -> dict[str, str]:
        """Role to column, for a row or file with these columns.

        Raises:
            KeyError: No text column, or a column that was asked for is not there; its only argument
                is the message.
        """
        names = tuple(columns)
        if self._known is not None and self._known[0] == names:
            return self._known[1]
        plain = {_plain(name): name for name in reversed(names)}
        found = {
            role: plain[name]
            for role, wanted in ROLES.items()
            for name in reversed(wanted)
            if name in plain
        }
        there = ", ".join(names) or "none"
        for role, name in self._named.items():
            if name is None:
                continue
            if name not in names and _plain(name) not in plain:
                raise KeyError(f"has no column {name!r} (for {role}); its columns: {there}")
            found[role] = name if name in names else plain[_plain(name)]
        if "text" not in found:
            raise KeyError(
                "has no column that looks like the text of an article; "
                f"name it with text_field (--text-field); its columns: {there}"
            )
        self._known = (names, found)
        return found

    def read(self, row: Row) -> Fields | Problem:
        """The fields of a row."""
        try:
            found = self.find(row)
        except KeyError as error:
            return Problem(str(error.args[0]))
        values = {role: row.get(column) for role, column in found.items()}
        column = found["text"]
        try:
            text = _text(values.pop("text"))
        except NotTextError as error:
            return Problem(f"column {column!r} {error}")
        if text is None:
            kind = type(row.get(column)).__name__
            return Problem(f"column {column!r} holds {kind}, not text; correct the row")
        if not text.strip():
            return Problem(f"column {column!r} is empty; fetch the article again, or leave it out")
        labels = {role: _label(value) for role, value in values.items()}
        return Fields(text, html=_plain(column) in _HTML, **labels)


def jsonl_rows(lines: TextIO) -> Iterator[Numbered]:
    """The objects of a file of JSON lines, by line number; empty lines are passed over."""
    for number in itertools.count(1):
        line = lines.readline(MAX_BYTES)
        if not line:
            return
        if len(line) == MAX_BYTES and not line.endswith("\n"):
            while (rest := lines.readline(MAX_BYTES)) and not rest.endswith("\n"):
                pass
            yield number, Problem(f"is a line of over {MAX_BYTES >> 20} MiB; split it")
        elif line.strip():
            yield number, _object(line)


def json_rows(text: str) -> Iterator[Numbered]:
    """The objects of a JSON document: one, a list of them, or JSON lines under another name.

    A single article has number 0. An object without a text whose only list of objects can be found
    (``{"articles": [...]}``) stands for that list.
    """
    try:
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        lines = text.strip().split("\n")
        if len(lines) > 1 and isinstance(_object(lines[0]), dict):
            yield from ((n, _object(line)) for n, line in enumerate(lines, 1) if line.strip())
        else:
            yield 0, Problem(f"is not valid JSON ({error}); correct it", whole=True)
        return
    if isinstance(value, dict):
        inner = [item for item in value.values() if _is_list_of_objects(item)]
        if len(inner) != 1 or not {_plain(name) for name in value}.isdisjoint(ROLES["text"]):
            yield 0, value
            return
        value = inner[0]
    if not isinstance(value, list):
        yield 0, Problem(f"holds {type(value).__name__}, not articles; correct it", whole=True)
    elif not value:
        yield 0, Problem("is an empty list; remove it or fetch it again", whole=True)
    else:
        yield from ((n, _checked(item)) for n, item in enumerate(value, 1))


def csv_rows(lines: TextIO, columns: Columns, *, tabs: bool) -> Iterator[Numbered]:
    """The records of a CSV file with a header, by number after it.

    Args:
        lines: The file, with its line ends.
        columns: Checked against the header.
        tabs: Separated by tabs; else by the commonest of comma, semicolon, tab and bar in the
            header (Dutch spreadsheets write semicolons).

    Raises:
        KeyError: As `Columns.find`.
    """
    # The limit is the csv module's own and global; its default of 128 KiB is a page of HTML.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_BYTES))
    first = next((line for line in _Lines(lines) if line.strip()), "")
    separator = "\t" if tabs else max(",;\t|", key=first.count)
    if first.lower().startswith("sep=") and len(first.strip()) == 5:
        separator, first = first.strip()[-1], lines.readline(MAX_BYTES)
    rest = _Lines(lines)
    reader = csv.reader(itertools.chain([first], rest), delimiter=separator)
    header: list[str] | None = None
    number = 0
    while True:
        try:
            record = next(reader, None)
        except csv.Error as error:
            number += 1
            yield (
                number,
                Problem(f"is not valid CSV ({error}); look for a quote that is not closed"),
            )
            continue
        if record is None:
            return
        if rest.ended and header is not None:
            # A record is complete at the end of its line; only an open quote makes csv go on.
            number += 1
            message = "opens a quote that is never closed, up to the end of the file; correct it"
            yield number, Problem(message)
        elif header is None:
            header = [name.strip() for name in record]
            columns.find(header)
        elif any(record):
            number += 1
            if len(record) > len(header):
                yield (
                    number,
                    Problem(
                        f"has {len(record)} columns where the header has {len(header)}; "
                        f"quote the field that holds a {separator!r}"
                    ),
                )
            else:
                # A short record lacks its last fields; `Columns` says so if the text is one.
                yield number, dict(itertools.zip_longest(header, record))


def parquet_rows(file: Path | IO[bytes], columns: Columns) -> Iterator[tuple[int, int, Row]]:
    """The rows of a parquet file with their number and the number of all rows.

    Raises:
        KeyError: As `Columns.find`.
        OSError, pyarrow.ArrowInvalid: It is damaged or no parquet.
    """
    # Late, because pyarrow takes half a second and most runs have no parquet.
    import pyarrow.parquet as pq  # noqa: PLC0415

    with pq.ParquetFile(file) as table:
        found = columns.find(table.schema_arrow.names)
        count: int = table.metadata.num_rows
        number = 0
        # Small batches: a row may hold a whole page of HTML.
        for batch in table.iter_batches(batch_size=64, columns=sorted(set(found.values()))):
            for row in batch.to_pylist():
                number += 1
                yield number, count, row


class _Lines(Iterator[str]):
    """Lines, or pieces of very long ones; tells whether the end was reached."""

    def __init__(self, lines: TextIO) -> None:
        self._lines = lines
        self.ended = False

    def __next__(self) -> str:
        line = self._lines.readline(MAX_BYTES)
        self.ended = not line
        if not line:
            raise StopIteration
        return line


def _object(line: str) -> Row | Problem:
    try:
        return _checked(json.loads(line, strict=False))
    except (ValueError, RecursionError) as error:
        return Problem(f"is not valid JSON ({error}); correct the line or take it out")


def _checked(value: object) -> Row | Problem:
    if isinstance(value, dict):
        return value
    if isinstance(value, str):
        return {"text": value}
    return Problem(f"holds {type(value).__name__}, not an object; correct it or take it out")


def _is_list_of_objects(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(x, dict) for x in value)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())


def _text(value: object) -> str | None:
    # NaN is how pandas writes that there is nothing.
    if value is None or value != value:  # noqa: PLR0124
        return ""
    if isinstance(value, bytes):
        return decode(value)
    if isinstance(value, str):
        return clean_surrogates(value)
    if isinstance(value, Sequence) and all(isinstance(item, str) for item in value):
        return clean_surrogates("\n\n".join(value))
    return None


def _label(value: object) -> str | None:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        value = value.get("name") or json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, list):
        value = ", ".join(filter(None, map(_label, value)))
    if value is None or value != value:  # noqa: PLR0124  (NaN, as above)
        return None
    return clean_surrogates(str(value)).strip() or None
