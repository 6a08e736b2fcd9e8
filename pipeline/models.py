"""A model's name → a folder of weights: bundled in the package, a local folder, or the Hub.

Names are looked up in that order. Nothing is executed from a model's folder and no pickle is
unpacked: only configuration, tokenizer data and tensors are read.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Origin = Literal["bundled", "folder", "hub"]

# Files that the engine and the tokenizers read; weights are chosen apart, one format only.
_SMALL_FILES = ("*.json", "*.txt", "*.spm", "*.model", "merges.txt")
_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+(@[\w./-]+)?")

# Download sizes in MB of the presets' models: the weights file of each repository's main branch,
# rounded, since a size cannot be asked for offline.
_DOWNLOAD_MB = {
    "Helsinki-NLP/opus-mt-nl-en": 310,
    "Helsinki-NLP/opus-mt-tc-big-gmw-gmw": 480,
    "sshleifer/distilbart-cnn-12-6": 1220,
    "facebook/bart-large-cnn": 1630,
    "google/pegasus-cnn_dailymail": 2280,
    "pszemraj/long-t5-tglobal-base-16384-book-summary": 990,
}


class ModelError(RuntimeError):
    """A model that cannot be found, fetched or used; the message names it and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedModel:
    """A model on this machine's disk.

    Attributes:
        name: The name it was asked for by.
        folder: The folder that holds it.
        origin: How the name was understood.
        identity: Short hex digest of its configuration and weights; differs for other weights.
    """

    name: str
    folder: Path
    origin: Origin
    identity: str

    @property
    def label(self) -> str:
        """Name and identity, as digests record it, e.g. ``nl-en-compact@1f0c…``.

        A folder goes by its last part: the same weights elsewhere are the same model.
        """
        name = self.folder.name if self.origin == "folder" else self.name
        return f"{name}@{self.identity}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """What is known of a model without fetching it.

    Attributes:
        name: The model's name.
        status: ``"bundled"``, ``"folder"``, ``"cached"`` or ``"download"``.
        megabytes: Size on disk, or of the download where that is known; None if it is not.
        folder: Where it lies, if it does.
    """

    name: str
    status: Literal["bundled", "folder", "cached", "download"]
    megabytes: float | None
    folder: Path | None


def bundled_folder() -> Path:
    """The folder of the models that ship inside the package."""
    return Path(__file__).resolve().parent / "bundled"


def bundled_names() -> list[str]:
    """Names of the models that ship inside the package, sorted."""
    return sorted(path.parent.name for path in bundled_folder().glob("*/config.json"))


def resolve(name: str, *, offline: bool | None = None) -> ResolvedModel:
    """Find a model, fetching it from the Hub if it is named there and not cached.

    Args:
        name: A bundled name, a path to a folder, or ``owner/model`` or ``owner/model@revision``.
        offline: Never fetch; None reads the ``HF_HUB_OFFLINE`` environment variable.

    Raises:
        ModelError: No such model, or it is not here and cannot be fetched.
    """
    origin: Origin
    found = _find_local(name)
    if found is not None:
        origin, folder = found
    elif _HUB_NAME.fullmatch(name):
        origin, folder = "hub", _from_hub(name, offline=_offline(offline))
    else:
        raise ModelError(
            f"no model {name!r}: not bundled ({', '.join(bundled_names()) or 'none are'}), "
            "not a folder with a config.json, and not an owner/model name of the Hub"
        )
    _check_readable(folder, name=name)
    return ResolvedModel(name=name, folder=folder, origin=origin, identity=_identity(folder))


def availability(name: str) -> Availability:
    """Say whether a model is here, without touching the network."""
    found = _find_local(name)
    if found is not None:
        origin, folder = found
        status: Literal["bundled", "folder"] = "bundled" if origin == "bundled" else "folder"
        return Availability(name=name, status=status, megabytes=_size(folder), folder=folder)
    cached = _cached(name)
    if cached is not None:
        return Availability(name=name, status="cached", megabytes=_size(cached), folder=cached)
    return Availability(
        name=name,
        status="download",
        megabytes=_DOWNLOAD_MB.get(name.partition("@")[0]),
        folder=None,
    )


def _find_local(name: str) -> tuple[Literal["bundled", "folder"], Path] | None:
    bundled = bundled_folder() / name
    if "/" not in name and (bundled / "config.json").is_file():
        return "bundled", bundled
    folder = Path(name).expanduser()
    if (folder / "config.json").is_file():
        return "folder", folder.resolve()
    return None


def _offline(offline: bool | None) -> bool:
    if offline is not None:
        return offline
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}


def _cached(name: str) -> Path | None:
    """The Hub cache's folder of a model that was fetched whole, or None."""
    # Imported late: asking for a bundled model should not pay for the Hub's client.
    from huggingface_hub import snapshot_download  # noqa: PLC0415

    if not _HUB_NAME.fullmatch(name):
        return None
    repository, _, revision = name.partition("@")
    try:
        folder = Path(
            snapshot_download(repository, revision=revision or None, local_files_only=True)
        )
    except (OSError, ValueError):
        return None
    whole = (folder / "config.json").is_file() and _weight_files(folder)
    return folder if whole else None


def _from_hub(name: str, *, offline: bool) -> Path:
    cached = _cached(name)
    if cached is not None:
        return cached
    size = _DOWNLOAD_MB.get(name.partition("@")[0])
    remedy = (
        f"run `kortom models --fetch {name}`"
        + (f" (about {size} MB)" if size else "")
        + " on a machine with a network and bring the folder, give that folder's path as the model,"
        " or use the preset 'compact', which needs no download"
    )
    if offline:
        raise ModelError(f"model {name!r} is not on this machine and fetching is off; {remedy}")
    from huggingface_hub import HfApi, snapshot_download  # noqa: PLC0415
    from huggingface_hub.errors import HfHubHTTPError  # noqa: PLC0415

    repository, _, revision = name.partition("@")
    try:
        files = HfApi().list_repo_files(repository, revision=revision or None)
        # One format only: repositories often hold the same weights for several frameworks.
        weights = ["*.safetensors"] if any(f.endswith(".safetensors") for f in files) else ["*.bin"]
        folder = snapshot_download(
            repository, revision=revision or None, allow_patterns=[*_SMALL_FILES, *weights]
        )
    except (OSError, HfHubHTTPError, ValueError) as error:
        raise ModelError(f"model {name!r} could not be fetched ({error}); {remedy}") from error
    return Path(folder)


def _weight_files(folder: Path) -> list[Path]:
    safe = sorted(folder.glob("*.safetensors"))
    return safe or sorted(folder.glob("pytorch_model*.bin"))


def _check_readable(folder: Path, *, name: str) -> None:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{folder / 'config.json'} cannot be read ({error}); fetch the model {name!r} again"
        ) from error
    if not isinstance(config, dict):
        raise ModelError(f"{folder / 'config.json'} holds no JSON object; fetch {name!r} again")
    if not config.get("is_encoder_decoder", False) and config.get("model_type") not in {"t5"}:
        raise ModelError(
            f"{folder}: model type {config.get('model_type')!r} is not an encoder-decoder; "
            "kortom translates and summarises with the MarianMT, BART and T5 families"
        )
    if not _weight_files(folder):
        raise ModelError(
            f"{folder} has no weights (*.safetensors or pytorch_model.bin); "
            f"fetch the model {name!r} again"
        )


def _size(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file()) / 1e6


def _identity(folder: Path) -> str:
    """Digest of configuration, tokenizer, and enough of the weights to tell two trainings apart.

    The whole of a small file is read, and of a large one its two ends and its size: a gigabyte is
    not worth reading twice at each start, and no training leaves the first and last tensor alone.
    """
    digest = hashlib.sha256()
    small = {path for pattern in _SMALL_FILES for path in folder.glob(pattern)}
    for path in sorted(small):
        digest.update(f"{path.name}:".encode() + path.read_bytes())
    for path in _weight_files(folder):
        size = path.stat().st_size
        digest.update(f"{path.name}:{size}".encode())
        with path.open("rb") as stream:
            if size <= 64 << 20:
                digest.update(stream.read())
            else:
                digest.update(stream.read(1 << 20))
                stream.seek(-(1 << 20), os.SEEK_END)
                digest.update(stream.read())
    return digest.hexdigest()[:12]
