"""`read_articles`: each file opened by its kind, its articles named, its failures made records."""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import sys
import tempfile
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, BinaryIO, cast

from pipeline.article import Article, Markup
from pipeline.reading.files import SUFFIXES, File, InputError, OnSkip, find_files, resolve
from pipeline.reading.markdown import plain
from pipeline.reading.rows import (
    MAX_BYTES,
    Columns,
    Numbered,
    Problem,
    csv_rows,
    json_rows,
    jsonl_rows,
    parquet_rows,
)
from pipeline.reading.text import NotTextError, decode, open_text

MAX_CHARACTERS = 10_000_000
"""The longest article: five thousand pages. Longer is not news but a dump of many articles."""

_GZIP_ERRORS = (gzip.BadGzipFile, EOFError, zlib.error)
_OnBytes = Callable[[int], None]


def read_articles(
    inputs: Sequence[str | Path] | str | Path,
    *,
    text_field: str | None = None,
    title_field: str | None = None,
    id_field: str | None = None,
    max_characters: int = MAX_CHARACTERS,
    exclude: Collection[Path] = (),
    on_skip: OnSkip | None = None,
    on_bytes: _OnBytes | None = None,
    stdin: BinaryIO | None = None,
) -> Iterator[Article]:
    """The articles in `inputs`, in the order of the inputs, a folder's by name.

    A file is named by its path (`source`) and its path within the folder that was given (`id`); a
    row by ``path#row``, counted from 1 (a line of JSON lines by its line number), and by its own
    id, guid or URL, or else ``name-row``. Two readings of the same files give the same names.

    Args:
        inputs: Files, folders, globs, and ``"-"`` for standard input, which is one text or, if it
            begins with ``{``, JSON lines.
        text_field: The column with the text, in files of rows; by default found by its name.
        title_field: The column with the headline, likewise.
        id_field: The column with the article's own id, likewise.
        max_characters: A longer text becomes an article with an error.
        exclude: Files and folders to pass over, such as the run's own output.
        on_skip: Called with each file that was found but is of a kind that is not read, and why.
        on_bytes: Called with the bytes of input that were used up since the last call.
        stdin: Instead of `sys.stdin`.

    Raises:
        InputError: At once, before any reading, for a path that does not exist, a glob without a
            match, or no inputs at all; at the end, if there was not one article in them.
    """
    given = [inputs] if isinstance(inputs, str | Path) else list(inputs)
    files = find_files(resolve(given, exclude=exclude), exclude=exclude, on_skip=on_skip)
    columns = Columns(text=text_field, title=title_field, key=id_field)
    # An own generator, so that the checks above run at the call and not at the first article.
    articles = _read(files, columns, max_characters, on_bytes or _ignore, stdin)
    return _at_least_one(articles, given)


def _at_least_one(articles: Iterator[Article], given: Sequence[str | Path]) -> Iterator[Article]:
    article = None
    for article in articles:
        yield article
    if article is None:
        raise InputError(
            f"no article in {', '.join(map(str, given))}; kortom reads {', '.join(SUFFIXES)}, each "
            "also with .gz"
        )


def _read(
    files: Iterator[File | None],
    columns: Columns,
    max_characters: int,
    on_bytes: _OnBytes,
    stdin: BinaryIO | None,
) -> Iterator[Article]:
    for file in files:
        if file is None:
            articles = _from_stdin(_peekable(stdin or sys.stdin.buffer), columns)
        elif file.problem is not None:
            articles = iter([_failed(file, file.problem)])
        elif file.kind in ("text", "html"):
            articles = _from_text(file, on_bytes)
        else:
            articles = _from_rows(file, columns, on_bytes)
        for article in articles:
            yield _of_bearable_length(article, max_characters)


def _from_text(file: File, on_bytes: _OnBytes) -> Iterator[Article]:
    data, digest = b"", None
    try:
        with _open(file.path) as stream:
            data = stream.read(MAX_BYTES + 1)
            hasher = hashlib.sha256(data)
            while more := stream.read(1 << 20):
                hasher.update(more)
        digest = hasher.hexdigest()
        on_bytes(file.path.stat().st_size)
        problem = None
    except (*_GZIP_ERRORS, OSError) as error:
        problem, digest = _unreadable(error), _raw_sha256(file.path)
    if problem is None and len(data) > MAX_BYTES:
        problem = f"is larger than {MAX_BYTES >> 20} MiB; split it into articles"
    text = ""
    if problem is None:
        try:
            text = decode(data, html=file.kind == "html")
            if ".md" in file.path.suffixes[-2:]:
                text = plain(text)
        except NotTextError as error:
            problem = str(error)
    if problem is None and not text.strip("\ufeff\0 \t\r\n"):
        problem = "is empty; remove it or fetch it again"
    if problem is not None:
        yield _failed(file, problem, raw_sha256=digest)
        return
    markup: Markup = "html" if file.kind == "html" else "auto"
    yield Article(text, id=file.id, source=file.source, markup=markup, raw_sha256=digest)


def _from_rows(file: File, columns: Columns, on_bytes: _OnBytes) -> Iterator[Article]:
    count = 0
    try:
        rows = (
            _parquet(file, columns, on_bytes)
            if file.kind == "parquet"
            else _lines(file, columns, on_bytes)
        )
        for number, row in rows:
            count += 1
            yield _article(file, number, row, columns)
    except KeyError as error:
        yield _failed(file, str(error.args[0]))
    except (*_GZIP_ERRORS, OSError, NotTextError) as error:
        after = f" after row {count}" if count else ""
        yield _failed(file, _unreadable(error) + after)
    except ValueError as error:  # pyarrow's own errors are ValueErrors
        yield _failed(file, f"is not valid {file.kind} ({error}); write it again")
    else:
        if not count:
            yield _failed(file, "holds no rows; remove it or fetch it again")


def _lines(file: File, columns: Columns, on_bytes: _OnBytes) -> Iterator[Numbered]:
    with ExitStack() as stack:
        raw = stack.enter_context(file.path.open("rb"))
        stream: IO[bytes] = raw
        if file.path.name.lower().endswith(".gz"):
            stream = cast("IO[bytes]", stack.enter_context(gzip.GzipFile(fileobj=raw)))
        lines = open_text(cast("BinaryIO", stream), head=_peek(stream))
        if file.kind == "json":
            rows = _json(lines)
        elif file.kind == "jsonl":
            rows = jsonl_rows(lines)
        else:
            rows = csv_rows(lines, columns, tabs=file.kind == "tsv")
        used = 0
        for row in rows:
            # The position in the raw file, so that a compressed one counts by its size on disk.
            position = raw.tell()
            on_bytes(position - used)
            used = position
            yield row


def _json(lines: io.TextIOWrapper) -> Iterator[Numbered]:
    text = lines.read(MAX_BYTES)
    if not text.strip():
        return
    if not lines.read(1):
        yield from json_rows(text)
        return
    yield (
        0,
        Problem(
            f"is larger than {MAX_BYTES >> 20} MiB; turn it into JSON lines, "
            "e.g. with: jq -c '.[]' a.json > a.jsonl",
            whole=True,
        ),
    )


def _parquet(file: File, columns: Columns, on_bytes: _OnBytes) -> Iterator[Numbered]:
    size = file.path.stat().st_size
    with ExitStack() as stack:
        # Opened by us: pyarrow's own message for a file it may not read names no remedy.
        stream: IO[bytes] = stack.enter_context(file.path.open("rb"))
        if file.path.name.lower().endswith(".gz"):
            # Parquet is read from its end, which gzip cannot do.
            unpacked = stack.enter_context(tempfile.TemporaryFile())
            shutil.copyfileobj(gzip.GzipFile(fileobj=stream), unpacked)
            unpacked.seek(0)
            stream = cast("IO[bytes]", unpacked)
        used = 0
        for number, count, row in parquet_rows(stream, columns):
            position = size * number // count
            on_bytes(position - used)
            used = position
            yield number, row


def _from_stdin(stream: BinaryIO, columns: Columns) -> Iterator[Article]:
    file = File(Path("-"), "-", "stdin", "jsonl")
    try:
        head = _peek(stream)
        if head.startswith(b"\x1f\x8b"):
            stream = cast("BinaryIO", gzip.GzipFile(fileobj=stream))
            head = _peek(stream)
        if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{":
            lines = open_text(stream, head=head)
            try:
                for number, row in jsonl_rows(lines):
                    yield _article(file, number, row, columns)
            finally:
                # Else the wrapper, once collected, would close the process's standard input.
                lines.detach()
            return
        data = stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            yield _failed(file, f"is larger than {MAX_BYTES >> 20} MiB; split it into articles")
            return
        text = decode(data, html=True)
    except (*_GZIP_ERRORS, OSError, NotTextError) as error:
        yield _failed(file, _unreadable(error))
        return
    digest = hashlib.sha256(data).hexdigest()
    if text.strip():
        yield Article(text, id=file.id, source=file.source, raw_sha256=digest)
    else:
        yield _failed(file, "is empty; pipe an article in", raw_sha256=digest)


def _article(file: File, number: int, row: object, columns: Columns) -> Article:
    source = f"{file.source}#{number}" if number else file.source
    stem = file.id.removesuffix(".gz").rsplit(".", 1)[0]
    name = f"{stem}-{number}" if number else file.id
    fields = row if isinstance(row, Problem) else columns.read(cast("dict[str, object]", row))
    if isinstance(fields, Problem):
        where = file.source if fields.whole or not number else f"{file.source}, row {number}"
        return Article("", id=name, source=source, error=f"{where}: {fields.message}")
    return Article(
        fields.text,
        title=fields.title,
        id=fields.id or name,
        source=source,
        markup="html" if fields.html else "auto",
        date=fields.date,
        author=fields.author,
        url=fields.url,
    )


def _of_bearable_length(article: Article, most: int) -> Article:
    length = len(article.text)
    if length <= most:
        return article
    return Article(
        "",
        id=article.id,
        source=article.source,
        raw_sha256=article.sha256,
        error=f"{article.source}: has {length:,} characters, over the {most:,} of an article; "
        "split the file into articles",
    )


def _failed(file: File, problem: str, *, raw_sha256: str | None = None) -> Article:
    error = f"{file.source}: {problem}"
    return Article("", id=file.id, source=file.source, error=error, raw_sha256=raw_sha256)


def _unreadable(error: Exception) -> str:
    if isinstance(error, NotTextError):
        return str(error)
    if isinstance(error, _GZIP_ERRORS):
        return f"is broken gzip ({error}); fetch it again"
    if isinstance(error, PermissionError):
        return "may not be read; give yourself the right to, e.g. with chmod u+r"
    return f"cannot be read ({error}); check the disk, then run again"


def _open(path: Path) -> IO[bytes]:
    if path.name.lower().endswith(".gz"):
        return cast("IO[bytes]", gzip.open(path, "rb"))
    return path.open("rb")


def _raw_sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None


def _peekable(stream: BinaryIO) -> BinaryIO:
    """Standard input as a stream that can be peeked into, also where something stands in for it."""
    if isinstance(stream, io.BufferedReader):
        return cast("BinaryIO", stream)
    return cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", stream)))


def _peek(stream: IO[bytes]) -> bytes:
    # At most one read of the raw stream, so a slow pipe is not waited for.
    return cast("io.BufferedReader", stream).peek(8192)[:8192]


def _ignore(_count: int) -> None: ...
