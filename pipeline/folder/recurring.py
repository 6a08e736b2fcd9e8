"""The lines that recur at a site, kept beside the digests of the run that learned them.

The contract: they are learned from all inputs before the first digest is written, and what is once
known of a site stays as it is; so a run that is stopped and goes on over the same inputs writes
what one that was not stopped writes. To learn anew, delete the file.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.clean.recurring import Recurring
from pipeline.folder.disk import explained, replacing
from pipeline.reading import InputError

RECURRING = "recurring.json"


def recurring_of(out: Path, *, new: Recurring) -> Recurring:
    """What earlier runs into `out` learned, and of other sites what is `new`; written to disk.

    Raises:
        InputError: The file in `out` is damaged.
        OutputError: It cannot be written.
    """
    path = out / RECURRING
    known = Recurring()
    if path.exists():
        with explained(path):
            text = path.read_text(encoding="utf-8")
        try:
            known = Recurring.from_json(text)
        except ValueError as error:
            raise InputError(f"{path} is damaged ({error}); delete it to learn anew") from None
    joined = known.joined(new)
    if joined.sites != known.sites:
        with explained(path), replacing(path) as file:
            file.write(joined.to_json().encode("utf-8"))
    return joined


def read_once(given: str | Path) -> bool:
    """Whether an input can be read only once: standard input, a pipe."""
    path = Path(given).expanduser()
    return str(given) == "-" or (path.exists() and not (path.is_file() or path.is_dir()))
