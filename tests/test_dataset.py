"""`datasets.map` with a mapper: types, cache, workers, streams, and rows that are no text.

Nothing here loads a model: `load_fake` stands in for `Pipeline.load`.
"""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import datasets
import pytest
from datasets.fingerprint import Hasher

from pipeline.article import Article, Digest, Flag, Removed
from pipeline.config import Config
from pipeline.dataset import DatasetMapper, _loaded

CONFIG = Config.model_validate({"translate": {"model": "a"}, "summarise": {"model": "b"}})


class FakePipeline:
    """Every text in capitals; a text without a full stop has nothing to show for itself."""

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads

    def stream(self, articles: Iterable[Article], /) -> Iterator[Digest]:
        for article in articles:
            whole = article.text.endswith(".")
            yield Digest(
                error=article.error,
                paragraphs=[article.text] if whole else [],
                english=[article.text.upper()] if whole else [],
                english_title=article.title and article.title.upper(),
                summary=f"pid {os.getpid()}, threads {self.threads}" if whole else "",
                removed=[Removed(text="Lees ook", line=3, reason="related")] if whole else [],
                flags=[Flag(kind="number", detail="7", where="english")] if whole else [],
            )


def load_fake(config: Config) -> FakePipeline:
    print(f"loaded by {os.getpid()}", file=sys.stderr)
    return FakePipeline(config.runtime.threads)


def mapper(**options: Any) -> DatasetMapper:
    return DatasetMapper(CONFIG, load=load_fake, **{"text": "body", **options})


def rows(*bodies: object) -> datasets.Dataset:
    return datasets.Dataset.from_dict(
        {"body": list(bodies), "kop": [f"k{n}" for n in range(len(bodies))]}
    )


def test_the_columns_and_their_values() -> None:
    mapped = rows("Eén.", "Twee.").map(mapper(title="kop"), batched=True)
    assert mapped[1] == {
        "body": "Twee.",
        "kop": "k1",
        "english_title": "K1",
        "english": ["TWEE."],
        "summary": f"pid {os.getpid()}, threads None",
        "paragraphs": ["Twee."],
        "removed": [{"text": "Lees ook", "line": 3, "reason": "related", "score": 0.0, "cues": ""}],
        "flags": [{"kind": "number", "detail": "7", "where": "english", "paragraph": None}],
        "error": None,
    }


@pytest.mark.parametrize("workers", [None, 2])
@pytest.mark.parametrize("bodies", [["", "Vol."], ["Vol.", ""], ["", None], ["Vol.", "Vol."]])
def test_types_do_not_depend_on_what_a_batch_holds(
    bodies: list[str | None], workers: int | None
) -> None:
    expected = rows("Vol.").map(mapper(title="kop"), batched=True).features
    mapped = rows(*bodies).map(mapper(title="kop"), batched=True, batch_size=1, num_proc=workers)
    assert mapped.features == expected
    assert mapped["english"] == [[b.upper()] if b else [] for b in bodies]
    assert [bool(error) for error in mapped["error"]] == [body is None for body in bodies]


def test_a_row_that_is_no_text_is_a_row_with_an_error() -> None:
    mapped = rows(None, None).map(mapper(), batched=True)
    assert mapped["error"] == ["column 'body' is empty; correct the row"] * 2
    mapped = rows(3, 4).map(mapper(), batched=True)
    assert mapped["error"] == ["column 'body' holds int, not text; correct the row"] * 2
    mapped = rows("Vol.").add_column("n", [None]).map(mapper(title="n"), batched=True)
    assert (mapped["error"], mapped["english_title"]) == ([None], [None])


def test_a_format_that_keeps_the_other_columns_maps_as_well() -> None:
    source = rows("Eén.", None, "")
    mapped = source.with_format("numpy").map(mapper(), batched=True).with_format(None)
    assert mapped["english"] == [["EÉN."], [], []]
    assert mapped["kop"] == ["k0", "k1", "k2"]
    for kind in ("pandas", "arrow"):
        with pytest.raises(TypeError, match=r"with_format\(None\)"):
            source.with_format(kind).map(mapper(), batched=True)


def test_a_stream_maps_as_well() -> None:
    stream = rows("Eén.", None).to_iterable_dataset().map(mapper(), batched=True, batch_size=1)
    assert [row["english"] for row in stream] == [["EÉN."], []]
    assert [row["error"] is None for row in stream] == [True, False]


def test_a_prefix_keeps_columns_and_a_clash_is_refused() -> None:
    source = rows("Eén.").add_column("summary", ["van een mens"])
    mapped = source.map(mapper(prefix="en_"), batched=True)
    assert mapped["summary"] == ["van een mens"]
    assert mapped["en_english"] == [["EÉN."]]
    with pytest.raises(ValueError, match=r"columns summary already; give mapper\(prefix"):
        source.map(mapper(), batched=True)


def test_mistakes_of_the_caller_say_what_to_do() -> None:
    for source in (rows("Eén."), rows(None), rows("Eén.").to_iterable_dataset()):
        with pytest.raises(TypeError, match="batched=True"):
            list(source.map(mapper()))
    with pytest.raises(ValueError, match=r"no column 'tekst'.*its columns: body, kop"):
        rows("Eén.").map(mapper(text="tekst"), batched=True)


def test_the_hash_goes_by_settings_columns_and_fingerprint_and_not_by_the_models() -> None:
    def hashed(made: DatasetMapper) -> str:
        digest: str = Hasher.hash(made)
        return digest

    base = hashed(mapper())
    used = mapper(pipeline=FakePipeline())
    used({"body": ["Eén."]})
    assert hashed(used) == base
    assert hashed(mapper(text="b")) != base
    assert hashed(mapper(title="kop")) != base
    assert hashed(mapper(prefix="x")) != base
    assert hashed(mapper(fingerprint="other models")) != base


def test_a_given_pipeline_is_used_and_not_pickled() -> None:
    import pickle

    class Unpicklable(FakePipeline):
        def __reduce__(self) -> str:
            raise AssertionError("the models were pickled")

    given = mapper(pipeline=Unpicklable(threads=7))
    assert given({"body": ["Eén."]})["summary"][0].endswith("threads 7")
    copy = pickle.loads(pickle.dumps(given))
    assert copy({"body": ["Eén."]})["summary"][0].endswith("threads None")
    assert len(pickle.dumps(given)) < 2000


def map_saved(folder: str, workers: int | None) -> list[str]:
    mapped = datasets.load_from_disk(folder).map(
        mapper(), batched=True, batch_size=2, num_proc=workers
    )
    summaries: list[str] = mapped["summary"]
    return list(summaries)


@pytest.mark.parametrize("workers", [None, 2])
def test_a_new_process_finds_the_cache_of_the_last(
    tmp_path: Path, workers: int | None, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = str(tmp_path / "data")
    rows(*["Eén."] * 8).save_to_disk(folder)
    _loaded.clear()
    summaries = map_saved(folder, workers)
    errors = capfd.readouterr().err
    assert errors.count("loaded by") == (workers or 1)
    if workers:
        # Each worker loaded its own models, once, and keeps to one thread.
        assert len(set(summaries)) == 2
        for text in summaries:
            assert f"pid {os.getpid()}," not in text
            assert text.endswith("threads 1")

    here = Path(__file__).parent
    call = f"import {__name__} as t; print(*t.map_saved({folder!r}, {workers!r}), sep='\\n')"
    again = subprocess.run(
        [sys.executable, "-W", "default", "-c", call],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": f"{here}:{here.parent}", "PYTHONHASHSEED": "random"},
    )
    assert again.stdout.splitlines() == summaries
    for word in ("loaded by", "hash", "pickle"):
        assert word not in errors.replace("loaded by", "") + again.stderr
