"""kortom: raw Dutch news articles in; clean Dutch, English and an English summary out.

This is the whole public face. `pipeline.clean`, `pipeline.split` and `pipeline.engine` can be used
on their own.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from pipeline.article import Article, Digest, Flag, Removed, Sentence

if TYPE_CHECKING:
    from pipeline.config import Config, ConfigError
    from pipeline.models import ModelError
    from pipeline.pipeline import Pipeline

__version__ = "0.1.0"
__all__ = [
    "Article",
    "Config",
    "ConfigError",
    "Digest",
    "Flag",
    "ModelError",
    "Pipeline",
    "Removed",
    "Sentence",
    "__version__",
]

# Imported on first use: torch takes seconds to import, and cleaning text does without it.
_LATE = {
    "Pipeline": "pipeline.pipeline",
    "Config": "pipeline.config",
    "ConfigError": "pipeline.config",
    "ModelError": "pipeline.models",
}


def __getattr__(name: str) -> object:
    if name in _LATE:
        return getattr(import_module(_LATE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
