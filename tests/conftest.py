"""What several tests share: where the bundled models and the corpora are, and small models."""

import os
import signal
from pathlib import Path

import pytest

from pipeline.models import bundled_folder

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of corpora that lies beside the project where it is developed."""
    folder = Path(os.environ.get("KORTOM_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no corpora at {folder}; set KORTOM_SHARED to run this")
    return folder


@pytest.fixture(scope="session")
def translation_model() -> Path:
    return bundled_folder() / "nl-en-compact"


@pytest.fixture(scope="session")
def summary_model() -> Path:
    return bundled_folder() / "en-summary-compact"


def pytest_sessionstart() -> None:
    """Undo that a job in the background is told to ignore Ctrl-C: children would inherit it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
