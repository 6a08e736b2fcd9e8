"""Writing to a disk that may be full, read-only, or shared with another run."""

from __future__ import annotations

import errno
import os
import sys
import weakref
from pathlib import Path
from typing import BinaryIO

if sys.platform != "win32":
    import fcntl


class OutputError(OSError):
    """The output cannot be written; the message names the path, what is wrong, and what to do."""


class replacing:  # noqa: N801  (read as `with replacing(path) as file`)
    """A file that takes the place of `path` when the block ends well, and leaves no trace else.

    Args:
        path: The file to replace or make.
        durable: Wait for the disk, against a power cut.
    """

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        self._path = path
        self._durable = durable
        self._new = path.with_name(f".{path.name}.new")

    def __enter__(self) -> BinaryIO:
        self._file = self._new.open("wb")
        return self._file

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._file.flush()
                if self._durable:
                    os.fsync(self._file.fileno())
                self._file.close()
                self._new.replace(self._path)
                if self._durable:
                    sync_folder(self._path.parent)
        finally:
            self._file.close()
            self._new.unlink(missing_ok=True)


class explained:  # noqa: N801  (read as `with explained(path): ...`)
    """Turn an `OSError` in the block into an `OutputError` that names `path` and a remedy."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: object, *_: object) -> None:
        if isinstance(error, OSError) and not isinstance(error, OutputError):
            raise explanation(error, self._path) from error


class Lock:
    """One run at a time on a folder; the system lets go when the process ends, however it ends.

    Args:
        path: A file to hold, in that folder.

    Raises:
        OutputError: Another run holds it, or it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        with explained(path):
            self._file = path.open("a+")
        if sys.platform == "win32":
            return  # there, two runs at once on a folder are not prevented
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.seek(0)
            holder = self._file.read().strip() or "unknown"
            self._file.close()
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise explanation(error, path) from error
            raise OutputError(
                f"another run (process {holder}) is writing to {path.parent}; "
                "wait for it, or choose another output folder"
            ) from error
        self._file.seek(0)
        self._file.truncate()
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()
        # A forked worker shares the lock; if it outlived a killed run, the next could not start.
        ours = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _close_in_child(ours))

    def release(self) -> None:
        """Let the next run in."""
        self._file.close()


def _close_in_child(lock: weakref.ref[Lock]) -> None:
    held = lock()
    if held is not None:
        held.release()


def sync_folder(folder: Path) -> None:
    """Have the disk hold the names in `folder`."""
    # Else a power cut may lose the name of a file whose content is safe. Windows has no such call.
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def explanation(error: OSError, path: Path) -> OutputError:
    """What to raise for an `OSError` on `path`."""
    remedy = {
        errno.ENOSPC: "free some space, then run the same command again: what is written is kept",
        errno.EDQUOT: "free some of your quota, then run the same command again",
        errno.EFBIG: "raise the limit on file size (ulimit -f), then run the same command again",
        errno.EACCES: "give yourself the right to write there, or choose another output folder",
        errno.EPERM: "give yourself the right to write there, or choose another output folder",
        errno.EROFS: "it is on a read-only disk: choose another output folder",
        errno.EEXIST: "a file has that name: choose another output folder",
        errno.ENOTDIR: "a file is in the way: choose another output folder",
    }.get(error.errno or 0, "check the disk, or choose another output folder")
    reason = error.strerror or str(error)
    return OutputError(f"{path} cannot be written ({reason}); {remedy}")
