"""Files into parcels and back: what travels to a lent machine, and what comes home from it.

A parcel is a tar archive, compressed unless it holds weights, cut into pieces of at most 15 MiB:
`NAME.tar.xz.00`, `NAME.tar.xz.01`, ...
"""

from __future__ import annotations

import argparse
import io
import lzma
import tarfile
from collections.abc import Iterable
from pathlib import Path

PIECE = 15 * 2**20
# What the course reads, under the folder of the runs.
FOR_THE_COURSE = ("pairs.tsv", "articles.jsonl", "tokenizer.json", "vocabulary")


def pack(
    paths: Iterable[Path], target: Path, *, root: Path, compress: bool = True, piece: int = PIECE
) -> list[Path]:
    """Write files and folders under `root` as the parcel `target` and return its pieces."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path in paths:
            archive.add(path, arcname=str(path.relative_to(root)))
    content = buffer.getvalue()
    if compress:
        content = lzma.compress(content, preset=6)
    name = f"{target.name}.tar{'.xz' if compress else ''}"
    target.parent.mkdir(parents=True, exist_ok=True)
    for old in target.parent.glob(f"{target.name}.tar*.[0-9][0-9]"):
        old.unlink()
    pieces = []
    for number, start in enumerate(range(0, len(content), piece)):
        pieces.append(target.parent / f"{name}.{number:02d}")
        pieces[-1].write_bytes(content[start : start + piece])
    return pieces


def unpack(folder: Path, root: Path) -> list[str]:
    """Restore every parcel of a folder under `root` and return what was restored.

    Raises:
        ValueError: A piece is missing or damaged.
    """
    parcels: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*.tar*.[0-9][0-9]")):
        parcels.setdefault(path.name[:-3], []).append(path)
    restored = []
    for name, pieces in parcels.items():
        numbers = [int(piece.suffix[1:]) for piece in pieces]
        if numbers != list(range(len(numbers))):
            raise ValueError(f"{folder / name}: pieces {numbers} are there; fetch the others")
        content = b"".join(piece.read_bytes() for piece in pieces)
        try:
            if name.endswith(".xz"):
                content = lzma.decompress(content)
            with tarfile.open(fileobj=io.BytesIO(content)) as archive:
                archive.extractall(root, filter="data")
                restored += archive.getnames()
        except (lzma.LZMAError, tarfile.TarError, EOFError) as error:
            raise ValueError(f"{folder / name} is damaged ({error}); fetch it again") from error
    return restored


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("what", choices=("pack", "unpack"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path(".train"))
    parser.add_argument("--parcel", type=Path, default=Path(".parcel"), help="folder of parcels")
    options = parser.parse_args()
    if options.what == "unpack":
        print("\n".join(unpack(options.parcel, options.out)))
        return
    root = options.out
    dev = root / "data" / "nl-en"
    dev.mkdir(parents=True, exist_ok=True)
    for name in ("flores-dev.tsv", "ntrex-dev.tsv"):
        (dev / name).write_bytes((options.data / "nl-en" / name).read_bytes())
    wanted = [root / name for name in FOR_THE_COURSE] + [root / "data"]
    # Made pairs that came home from an earlier call need not be made again.
    wanted += [path for name in ("back.tsv", "distilled.tsv") if (path := root / name).exists()]
    for piece in pack(wanted, options.parcel / "course", root=root):
        print(piece, f"{piece.stat().st_size / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
