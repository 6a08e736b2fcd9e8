"""Inputs to files: folders are walked, globs expanded, names made stable; nothing is opened here.

The order is that of the inputs; in a folder, entries sorted by name. Hidden entries and links to
folders are passed over. A file that kortom does not read is an error if it was named, and is
reported to `on_skip` if it was found in a folder or by a glob.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_ONE_ARTICLE = {".txt": "text", ".text": "text", ".md": "text", ".html": "html", ".htm": "html"}
_ROWS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
}
SUFFIXES = (*_ONE_ARTICLE, *_ROWS)
"""What kortom reads, each also with ``.gz`` after it."""

OUTPUT_MARK = ".kortom.lock"
"""A file of this name marks a folder that a run writes; it is passed over inside another."""

OnSkip = Callable[[Path, str], None]


class InputError(ValueError):
    """An input that was named and cannot be used; the message says which, and what to do."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to read.

    Attributes:
        path: Where it is.
        source: Its stable name: relative to the working folder if inside it, else absolute.
        id: Its name within the folder that was given, or its plain name if it was named itself.
        kind: ``text``, ``html``, ``jsonl``, ``json``, ``csv``, ``tsv`` or ``parquet``; None if it
            was named and kortom does not read its kind.
        problem: Why the file or folder cannot be read, if that is known already.
    """

    path: Path
    source: str
    id: str
    kind: str | None = None
    problem: str | None = None


def kind_of(path: Path) -> str | None:
    """The kind of a file by its name, ``.gz`` put aside; None if kortom does not read it."""
    name = path.name.lower().removesuffix(".gz")
    suffix = Path(name).suffix
    return _ONE_ARTICLE.get(suffix) or _ROWS.get(suffix)


def holds_rows(source: str) -> bool:
    """Whether a file of this name may hold many articles."""
    return kind_of(Path(source)) in _ROWS.values()


def resolve(inputs: Sequence[str | Path], *, exclude: Collection[Path] = ()) -> list[str | Path]:
    """The inputs, checked: paths made absolute; a glob stays a `str`, and so does ``"-"``.

    Raises:
        InputError: No inputs, a path that does not exist, a glob without a match, or a file that
            the run itself writes.
    """
    if not inputs:
        raise InputError("no input; give files, folders, globs, or - for standard input")
    checked: list[str | Path] = []
    for given in inputs:
        if str(given) == "-":
            checked.append("-")
            continue
        path = _absolute(Path(given).expanduser())
        if os.path.lexists(path):
            if path.is_file() and any(_same(path, other) for other in exclude):
                raise InputError(f"{given} is written by this run; leave it out of the inputs")
            checked.append(path)
        elif glob.has_magic(str(given)):
            pattern = str(Path(given).expanduser())
            if next(_matches(pattern), None) is None:
                raise InputError(f"no file matches {str(given)!r}; check the pattern")
            checked.append(pattern)
        else:
            raise InputError(f"{given} does not exist; check the path")
    return checked


def find_files(
    inputs: Sequence[str | Path], *, exclude: Collection[Path] = (), on_skip: OnSkip | None = None
) -> Iterator[File | None]:
    """The files behind inputs that went through `resolve`; None stands for standard input."""
    here = Path.cwd()
    excluded = {_absolute(path) for path in exclude}
    skip = on_skip or _ignore
    for given in inputs:
        if given == "-":
            yield None
        elif isinstance(given, str):
            yield from _glob(given, here, excluded, skip)
        elif given.is_dir():
            yield from _folder(given, here, excluded, skip)
        else:
            yield _named(given, here)


def measure(inputs: Sequence[str | Path], *, exclude: Collection[Path] = ()) -> int | None:
    """Bytes in all files that `find_files` finds; None if standard input is among them."""
    total = 0
    for file in find_files(resolve(inputs, exclude=exclude), exclude=exclude):
        if file is None:
            return None
        if file.problem is None:
            try:
                total += file.path.stat().st_size
            except OSError:
                continue
    return total


def _glob(pattern: str, here: Path, excluded: set[Path], skip: OnSkip) -> Iterator[File]:
    fixed = _absolute(_fixed_part(pattern))
    walked: set[Path] = set()
    for match in sorted(_matches(pattern)):
        path = _absolute(Path(match))
        # "**" matches a folder and also what is in it: that must come once.
        if not excluded.isdisjoint((path, *path.parents)) or not walked.isdisjoint(path.parents):
            continue
        if path.is_dir():
            walked.add(path)
            yield from _walk(path, fixed, here, excluded, skip)
        else:
            yield from _found(path, fixed, here, skip)


def _matches(pattern: str) -> Iterator[str]:
    # Not Path.glob: it does not take an absolute pattern, and finds hidden files.
    return glob.iglob(pattern, root_dir=Path.cwd(), recursive=True)  # noqa: PTH207


def _folder(folder: Path, here: Path, excluded: set[Path], skip: OnSkip) -> Iterator[File]:
    count = 0
    for file in _walk(folder, folder, here, excluded, skip):
        count += 1
        yield file
    if not count:
        skip(folder, "folder without an article")


def _walk(
    folder: Path, root: Path, here: Path, excluded: set[Path], skip: OnSkip
) -> Iterator[File]:
    # A stack, not recursion: a hostile archive can nest deeper than Python's stack.
    stack = [iter([(folder.name, True, folder)])]
    while stack:
        entry = next(stack[-1], None)
        if entry is None:
            stack.pop()
            continue
        _, is_folder, path = entry
        if path in excluded:
            continue
        if not is_folder:
            yield from _found(path, root, here, skip)
            continue
        try:
            with os.scandir(path) as entries:
                found = sorted(
                    (entry.name, entry.is_dir(follow_symlinks=False), path / entry.name)
                    for entry in entries
                    if not entry.name.startswith(".") or entry.name == OUTPUT_MARK
                )
        except OSError as error:
            problem = f"cannot be opened ({error.strerror}); give yourself the right to read it"
            yield File(path, _source(path, here), _id(path, root), problem=problem)
            continue
        marked = any(name == OUTPUT_MARK for name, *_ in found)
        if marked and path != root:
            skip(path, "output of kortom")
        else:
            stack.append(iter([entry for entry in found if entry[0] != OUTPUT_MARK]))


def _found(path: Path, root: Path, here: Path, skip: OnSkip) -> Iterator[File]:
    kind = kind_of(path)
    if kind is None:
        skip(path, path.suffix.lower() or "no suffix")
        return
    try:
        mode = path.stat().st_mode
    except OSError as error:
        problem = f"cannot be opened ({error.strerror}); mend the link or remove it"
        yield File(path, _source(path, here), _id(path, root), kind, problem)
        return
    if stat.S_ISREG(mode):
        yield File(path, _source(path, here), _id(path, root), kind)
    else:
        skip(path, "link to a folder" if stat.S_ISDIR(mode) else "not a regular file")


def _named(path: Path, here: Path) -> File:
    source, name = _source(path, here), _printable(path.name)
    try:
        mode = path.stat().st_mode
    except OSError as error:
        problem = f"cannot be opened ({error.strerror}); mend the link or remove it"
        return File(path, source, name, kind_of(path), problem)
    kind = kind_of(path)
    if not stat.S_ISREG(mode):
        return File(path, source, name, kind, "is not a regular file; pipe it in and read from -")
    if kind is None:
        problem = (
            f"is of a kind that kortom does not read ({path.suffix or 'no suffix'}); "
            f"it reads {', '.join(SUFFIXES)}, each also with .gz"
        )
        return File(path, source, name, None, problem)
    return File(path, source, name, kind)


def _absolute(path: Path) -> Path:
    return Path(os.path.normpath(Path.cwd() / path))


def _same(one: Path, other: Path) -> bool:
    return _absolute(one) == _absolute(other)


def _fixed_part(pattern: str) -> Path:
    fixed = Path(pattern)
    while glob.has_magic(str(fixed)):
        fixed = fixed.parent
    return fixed


def _source(path: Path, here: Path) -> str:
    return _printable(str(path.relative_to(here)) if path.is_relative_to(here) else str(path))


def _id(path: Path, root: Path) -> str:
    return _printable(path.relative_to(root).as_posix() if path != root else path.name)


def _printable(name: str) -> str:
    # A file name may be any bytes; JSON must be UTF-8. The escape keeps two such names apart.
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "backslashreplace")


def _ignore(_path: Path, _reason: str) -> None: ...
