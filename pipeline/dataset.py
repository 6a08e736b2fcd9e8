"""A callable for Hugging Face ``datasets``: a batch of raw articles in, columns of digests out.

    ds = ds.map(pipe.mapper(text="body", title="headline"), batched=True, batch_size=256)

It adds, each with ``prefix`` before its name:

========================= =======================================================================
``english_title``         str, or None
``english``               list of str, a paragraph each
``summary``               str
``paragraphs``            list of str, the clean Dutch, parallel to ``english``
``removed``               list of ``{text, line, reason, score, cues}``
``flags``                 list of ``{kind, detail, where, paragraph}``
``error``                 str, or None
========================= =======================================================================

The types are the same in every batch, whatever is empty in it. A row that is no text comes out
with an error. What is pickled, and so hashed by ``datasets`` for its cache, is the settings, the
column names and the pipeline's fingerprint; the models are loaded once in each process that maps.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Protocol

from pipeline.article import Article, Digest
from pipeline.config import Config

if TYPE_CHECKING:
    import pyarrow as pa


class Digester(Protocol):
    """What a mapper needs of a pipeline."""

    def stream(self, articles: Iterable[Article], /) -> Iterator[Digest]:
        """One digest per article, in order."""


Load = Callable[[Config], Digester]

# Loaded pipelines of this process; the process is part of the key, because a fork inherits the
# dictionary and must not use models whose threads stayed behind in its parent.
_loaded: dict[tuple[int, str, str, Load], Digester] = {}


def load_pipeline(config: Config) -> Digester:
    """`Pipeline.load`, imported late: torch takes seconds, and making a mapper does without it."""
    from pipeline.pipeline import Pipeline  # noqa: PLC0415

    return Pipeline.load(config)


class DatasetMapper:
    """Digests a batch of rows; for ``map(..., batched=True)`` of a Dataset or IterableDataset.

    With ``num_proc`` each worker loads its own models and, unless the settings say otherwise, uses
    one thread. On a GPU use one process.

    Args:
        config: The pipeline's settings.
        text: The column of raw articles.
        title: The column of headlines, if there is one.
        prefix: Put before the names of the columns it adds, to keep clear of existing ones.
        fingerprint: What the cache goes by; by default that of the settings, which does not see a
            model folder whose content changed.
        pipeline: An already loaded pipeline for this process; it is not pickled.
        load: Makes a pipeline from the settings; must be importable by name.
    """

    def __init__(
        self,
        config: Config,
        *,
        text: str = "text",
        title: str | None = None,
        prefix: str = "",
        fingerprint: str | None = None,
        pipeline: Digester | None = None,
        load: Load = load_pipeline,
    ) -> None:
        self._config = config
        self._text = text
        self._title = title
        self._prefix = prefix
        self._fingerprint = fingerprint or config.fingerprint()
        self._pipeline = pipeline
        self._process = os.getpid()
        self._load = load

    def __call__(self, batch: object) -> dict[str, list[Any]]:
        """The new columns for a batch of rows.

        Raises:
            TypeError: It was given one row (``batched=True`` is missing), or a table because the
                dataset has the format "arrow" or "pandas".
            ValueError: A column is missing, or one that it would add is there already.
        """
        if not isinstance(batch, Mapping):
            # `datasets` would take what we return for the whole row, and drop all other columns.
            raise TypeError(
                f"the batch came as {type(batch).__name__}; use ds.with_format(None).map(...)"
            )
        names = list(batch)
        texts = self._column(batch, self._text, names)
        titles = self._column(batch, self._title, names) if self._title else [None] * len(texts)
        clash = sorted(set(names) & {self._prefix + name for name in _types()})
        if clash:
            raise ValueError(
                f"the dataset has columns {', '.join(clash)} already; give mapper(prefix=...) to "
                f"keep them, or remove them first with ds.remove_columns({clash})"
            )
        articles = [
            _article(text, title, column=self._text)
            for text, title in zip(texts, titles, strict=True)
        ]
        digests = list(self._digester().stream(articles))
        if len(digests) != len(articles):
            raise RuntimeError(
                f"the pipeline returned {len(digests)} digests for {len(articles)} articles; "
                "this is an error in the pipeline, please report it"
            )
        return {
            self._prefix + name: _Column([_value(digest, name) for digest in digests], kind)
            for name, kind in _types().items()
        }

    def __reduce__(self) -> tuple[Callable[..., DatasetMapper], tuple[object, ...]]:
        # As JSON, because the pickle of a pydantic model holds a set, whose order changes from
        # process to process; then the hash would, and the cache would never be found.
        config = self._config.model_dump_json()
        columns = {"text": self._text, "title": self._title, "prefix": self._prefix}
        return _revive, (config, columns, self._fingerprint, self._load)

    def _column(self, batch: Mapping[str, Any], name: str, names: list[str]) -> Sequence[object]:
        if name not in names:
            raise ValueError(
                f"the dataset has no column {name!r}; name the right one in "
                f"mapper(text=..., title=...); its columns: {', '.join(names)}"
            )
        column = batch[name]
        # With a format set, a column of strings may come as an array.
        if hasattr(column, "tolist"):
            column = column.tolist()
        if not isinstance(column, list | tuple):
            raise TypeError(
                f"column {name!r} came as one value ({type(column).__name__}), not as a batch; "
                "use ds.map(..., batched=True)"
            )
        return column

    def _digester(self) -> Digester:
        if self._pipeline is not None and self._process == os.getpid():
            return self._pipeline
        config = self._config
        if _is_worker():
            # Each of N workers with as many threads as there are cores is slower than one alone;
            # and after a fork a pool of threads may hang, where a single one does not.
            threads = config.runtime.threads or 1
            config = config.replace("runtime", threads=threads)
            _limit_threads(threads)
        key = (os.getpid(), config.model_dump_json(), self._fingerprint, self._load)
        if key not in _loaded:
            _loaded[key] = self._load(config)
        return _loaded[key]


class _Column(list[Any]):
    """A list that tells Arrow its type, which Arrow could not guess from empty lists and None.

    ``datasets`` fixes a column's type by the first batch it writes; a first batch without a single
    flag would else make ``flags`` a list of nulls, and the first flag hours later an exception.
    """

    def __init__(self, values: list[Any], kind: pa.DataType) -> None:
        super().__init__(values)
        self._kind = kind

    def __arrow_array__(self, type: pa.DataType | None = None) -> pa.Array:  # noqa: A002
        import pyarrow as pa  # noqa: PLC0415

        return pa.array(list(self), type=type or self._kind)


def _types() -> dict[str, pa.DataType]:
    # Late: `import pipeline` should not cost the half second that pyarrow takes.
    import pyarrow as pa  # noqa: PLC0415

    text, number = pa.string(), pa.int64()
    removed = pa.struct(
        {
            "text": text,
            "line": number,
            "reason": text,
            "score": pa.float64(),
            "cues": text,
        }
    )
    flag = pa.struct({"kind": text, "detail": text, "where": text, "paragraph": number})
    return {
        "english_title": text,
        "english": pa.list_(text),
        "summary": text,
        "paragraphs": pa.list_(text),
        "removed": pa.list_(removed),
        "flags": pa.list_(flag),
        "error": text,
    }


def _value(digest: Digest, name: str) -> object:
    value = getattr(digest, name)
    return [asdict(item) for item in value] if name in ("removed", "flags") else value


def _article(text: object, title: object, *, column: str) -> Article:
    headline = title.strip() or None if isinstance(title, str) else None
    if isinstance(text, str):
        return Article(text, title=headline)
    what = "is empty" if text is None else f"holds {type(text).__name__}, not text"
    return Article("", title=headline, error=f"column {column!r} {what}; correct the row")


def _is_worker() -> bool:
    # `datasets` starts its workers with multiprocess, torch's DataLoader with multiprocessing.
    modules = (sys.modules.get(name) for name in ("multiprocess", "multiprocessing"))
    return any(module is not None and module.parent_process() is not None for module in modules)


def _limit_threads(count: int) -> None:
    # For libraries that are loaded from now on, and for torch if it came along with the fork.
    os.environ["OMP_NUM_THREADS"] = str(count)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(count)


def _revive(config: str, columns: dict[str, Any], fingerprint: str, load: Load) -> DatasetMapper:
    settings = Config.model_validate_json(config)
    return DatasetMapper(settings, **columns, fingerprint=fingerprint, load=load)
