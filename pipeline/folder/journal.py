"""``digests.jsonl``: the digests of all runs on a folder, one JSON object a line, and what is done.

A record is ``Digest.to_dict()`` and ``config``, the fingerprint of the pipeline that made it. An
article is known by its ``source``; it is done if its last record has the same content
(``sha256``) and the same ``config``. A record that replaces another is appended like any other;
the old one goes when the file is rewritten, at the end of the run or the start of the next. So the
file is whole at every instant, and after ``kill -9`` at most its last line is torn: that line is
cut off at the next start, and its article is done again.

Memory: 32 bytes for each record in the file.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from pipeline.article import Article, Digest
from pipeline.folder.disk import Lock, OutputError, explained, explanation, replacing, sync_folder
from pipeline.reading import OUTPUT_MARK, holds_rows

JOURNAL = "digests.jsonl"
BROKEN = "digests.broken.jsonl"
_SYNC_SECONDS = 1.0
_FAILED, _FLAGGED = 1, 2


@dataclass(frozen=True, slots=True)
class Counts:
    """What a journal holds: all records, those with an error, those with a flag and no error."""

    records: int = 0
    failed: int = 0
    flagged: int = 0


class KeySet:
    """A set of 16-byte keys in 16 bytes each: a sorted array, and a small set of late arrivals."""

    _LATE = 1 << 16

    def __init__(self, packed: bytes = b"") -> None:
        self._late: set[bytes] = set()
        self._sort(np.frombuffer(packed, dtype="<u8").reshape(-1, 2))

    def add(self, key: bytes) -> None:
        """Add a key of 16 bytes."""
        if key not in self:
            self._late.add(key)
            if len(self._late) >= self._LATE:
                late = np.frombuffer(b"".join(self._late), dtype="<u8").reshape(-1, 2)
                self._sort(np.concatenate([np.stack([self._high, self._low], axis=1), late]))
                self._late.clear()

    def __contains__(self, key: bytes) -> bool:
        if key in self._late:
            return True
        high, low = np.frombuffer(key, dtype="<u8")
        first, last = np.searchsorted(self._high, high), np.searchsorted(self._high, high, "right")
        return bool(low in self._low[first:last])

    def __len__(self) -> int:
        return len(self._high) + len(self._late)

    def _sort(self, pairs: npt.NDArray[np.uint64]) -> None:
        order = np.argsort(pairs[:, 0], kind="stable")
        self._high, self._low = pairs[order, 0], pairs[order, 1]


class Journal:
    """The journal of an output folder, locked for this process while it is open.

    Args:
        folder: The output folder; made if it is not there.
        fingerprint: Of the pipeline that will make the new records.
        retry_failed: Count records with an error as not done.

    Attributes:
        path: The file.
        counts: What the file holds.
        repaired: Torn or damaged lines that were taken out when it was opened.
        file_errors: Files of rows that failed as a whole, by source; see `discard`.

    Raises:
        OutputError: The folder cannot be written, another run holds it, or its ``digests.jsonl``
            was not written by kortom.
    """

    def __init__(self, folder: Path, *, fingerprint: str, retry_failed: bool = False) -> None:
        self.path = folder / JOURNAL
        self.counts = Counts()
        self.repaired = 0
        self.file_errors: set[str] = set()
        self._fingerprint = fingerprint
        self._retry_failed = retry_failed
        self._discarded: set[bytes] = set()
        self._stale = False
        self._dirty = False
        self._synced = time.monotonic()
        with explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self._lock = Lock(folder / OUTPUT_MARK)
        try:
            with explained(self.path):
                for left_by_a_crash in folder.glob(".digests.*.new"):
                    left_by_a_crash.unlink()
                self._load()
                # Unbuffered: a record that was appended outlives the process, however it ends.
                self._file = self.path.open("ab", buffering=0)
                self._size = self._file.tell()
                sync_folder(folder)
        except BaseException:
            self._lock.release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def is_done(self, article: Article) -> bool:
        """Whether the file has this article's digest, by this pipeline, of this content."""
        return _key(article.source, article.sha256, self._fingerprint) in self._done

    def append(self, digest: Digest) -> bool:
        """Write a record after the last; whether it replaces an older one of the same source.

        Raises:
            OutputError: It could not be written. The file then ends in the record before it.
        """
        record = {**digest.to_dict(), "config": self._fingerprint}
        line = memoryview(encode(record))
        try:
            written = 0
            while written < len(line):
                written += self._file.write(line[written:]) or 0
        except OSError as error:
            # Without the torn line the journal is whole, also for other readers.
            self._file.truncate(self._size)
            raise explanation(error, self.path) from error
        self._size += len(line)
        self._dirty = True
        if time.monotonic() - self._synced > _SYNC_SECONDS:
            self.sync()
        identity = _identity(digest.source)
        replaces = identity in self._known
        self._stale |= replaces
        self._known.add(identity)
        self._discarded.discard(identity)
        self._done.add(_key(digest.source, digest.sha256, self._fingerprint))
        state = _state(digest.error, digest.flags)
        self.counts = Counts(
            self.counts.records + 1,
            self.counts.failed + (state == _FAILED),
            self.counts.flagged + (state == _FLAGGED),
        )
        return replaces

    def discard(self, source: str) -> None:
        """Drop the record of `source` when the file is next rewritten by `finish`."""
        self.file_errors.discard(source)
        self._discarded.add(_identity(source))
        self._stale = True

    def retain(self, source: str | None) -> None:
        """Take back a `discard`."""
        self._discarded.discard(_identity(source))

    def sync(self) -> None:
        """Have the disk hold all that was appended, against a power cut."""
        if self._dirty:
            with explained(self.path):
                os.fsync(self._file.fileno())
            self._dirty = False
        self._synced = time.monotonic()

    def finish(self) -> None:
        """Rewrite the file without the records that were replaced or discarded, if there are."""
        self.sync()
        if self._stale:
            self._file.close()
            with explained(self.path):
                self._load()
                self._file = self.path.open("ab", buffering=0)
                self._size = self._file.tell()

    def close(self) -> None:
        """Sync, and let go of the folder."""
        try:
            if not self._file.closed:
                self.sync()
                self._file.close()
        finally:
            self._lock.release()

    def _load(self) -> None:
        """Learn what is done; leave each source in the file once, the last record of it."""
        identities, keys, states = bytearray(), bytearray(), bytearray()
        broken: list[int] = []
        torn = False
        number, start, end = -1, 0, 0
        self.file_errors.clear()
        self.path.touch()
        with self.path.open("rb") as file:
            for number, line in enumerate(file):
                start, end = end, end + len(line)
                record = _record(line)
                torn = not line.endswith(b"\n")
                if record is None:
                    # Zero bytes keep the arrays in step with the lines; these are never looked up.
                    broken.append(number)
                    record = {"source": f"\0{number}"}
                identity = _identity(record["source"])
                state = _state(record.get("error"), record.get("flags"))
                identities += identity
                keys += _key(record["source"], record.get("sha256"), record.get("config"))
                states.append(state)
                if state == _FAILED and holds_rows(str(record["source"])):
                    self.file_errors.add(record["source"])
        if broken and len(broken) == number + 1 and not (number == 0 and torn):
            raise OutputError(
                f"{self.path} was not written by kortom (no line is a digest); "
                "choose another output folder, or move that file away"
            )
        keep = _last_of_each(bytes(identities))
        keep[broken] = False
        if self._discarded:
            pairs = np.frombuffer(bytes(identities), dtype="V16")
            keep &= ~np.isin(pairs, np.frombuffer(b"".join(self._discarded), dtype="V16"))
        if torn and keep[:-1].all():
            # The usual trace of a crash is mended in place, however large the file.
            with self.path.open("r+b") as file:
                file.truncate(start) if broken else file.seek(0, os.SEEK_END)
                file.write(b"" if broken else b"\n")
        elif not keep.all():
            self._rewrite(keep, broken)
        self.repaired += len(broken)
        self._discarded.clear()
        self._stale = False
        state_of = np.frombuffer(bytes(states), dtype=np.uint8)
        kept = state_of[keep]
        self.counts = Counts(len(kept), int((kept == _FAILED).sum()), int((kept == _FLAGGED).sum()))
        done = keep & (state_of != _FAILED) if self._retry_failed else keep
        self._known = KeySet(_selected(identities, keep))
        self._done = KeySet(_selected(keys, done))

    def _rewrite(self, keep: npt.NDArray[np.bool_], broken: list[int]) -> None:
        lost = set(broken)
        with self.path.open("rb") as file, replacing(self.path) as new:
            for number, line in enumerate(file):
                whole = line if line.endswith(b"\n") else line + b"\n"
                if keep[number]:
                    new.write(whole)
                elif number in lost and line.endswith(b"\n"):
                    # Damaged, not torn: no crash of ours leaves such a line, so a person may want
                    # to see it.
                    with self.path.with_name(BROKEN).open("ab") as aside:
                        aside.write(whole)


def records(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a journal, one at a time."""
    with path.open("rb") as file:
        for line in file:
            yield json.loads(line)


def encode(record: dict[str, Any]) -> bytes:
    """A record as one line of UTF-8 JSON, its end included."""
    # "backslashreplace" writes a lone surrogate, which UTF-8 cannot hold, as a JSON escape.
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    if not isinstance(record, dict) or not {"source", "sha256", "config"} <= record.keys():
        return None
    return record


def _state(error: object, flags: object) -> int:
    return _FAILED if error else _FLAGGED if flags else 0


def _identity(source: str | None) -> bytes:
    return blake2b((source or "").encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _key(source: str | None, sha256: str | None, fingerprint: str | None) -> bytes:
    parts = f"{source or ''}\0{sha256 or ''}\0{fingerprint or ''}"
    return blake2b(parts.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _last_of_each(identities: bytes) -> npt.NDArray[np.bool_]:
    """Which lines are the last of their identity; *Shape*: (lines,)."""
    pairs = np.frombuffer(identities, dtype="<u8").reshape(-1, 2)
    keep = np.ones(len(pairs), dtype=np.bool_)
    # The sort is stable: within one identity the lines stay in order.
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    sorted_pairs = pairs[order]
    same_as_next = (sorted_pairs[:-1] == sorted_pairs[1:]).all(axis=1)
    keep[order[:-1][same_as_next]] = False
    return keep


def _selected(packed: bytearray, keep: npt.NDArray[np.bool_]) -> bytes:
    return np.frombuffer(bytes(packed), dtype="<u8").reshape(-1, 2)[keep].tobytes()
