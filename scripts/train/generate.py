"""Made pairs: back-translations of English news, and what a teacher makes of the Dutch we have.

Back-translation (Sennrich et al. 2016): a reverse model writes the Dutch of real English.
Distillation (Kim and Rush 2016, "sequence-level interpolation"): of the teacher's n-best, the
hypothesis nearest to the reference, so that the student learns one consistent way to say it.

The decoding is the package's own engine. A result is a line of a `.part` file, written chunk by
chunk, so a run that was killed goes on where it was.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import torch

from pipeline.engine import Engine
from pipeline.engine.fallback import Fallback
from pipeline.engine.weights import read_config
from pipeline.fidelity import check_translation, find_loop
from pipeline.tokenization import MarianCodec

from .pairs import digits_agree, lengths_agree

CHUNK = 8192  # texts decoded between two writes
# Sources up to so many tokens are decoded together; longer ones than the last are left out.
_LENGTHS = (32, 64, 200)
# The most "inputs x beams x longest input" at once. On a GPU it is memory that sets the bound:
# at 512 Ki the keys and values of six layers of width 512 take about 15 GB.
_BUDGETS = {"cuda": 524_288, "cpu": 4096}

Row = tuple[str, str]


def load_engine(folder: Path, *, device: str = "auto") -> Engine:
    """Load a translator for decoding whole corpora."""
    engine = Engine.load(folder, device=device)
    engine.token_budget = _BUDGETS.get(engine.device.type, 4096)
    if engine.device.type == "cuda" and engine.is_native:
        try:
            engine.generate([[engine.search.ends[0]]], replace(engine.search, max_length=8))
        except (RuntimeError, TypeError, ValueError) as error:
            # A lent machine's minutes are few: decode slowly rather than not at all.
            print(f"the engine fails on this GPU ({error}); decoding with transformers instead")
            model = Fallback(
                folder, config=read_config(folder), device=engine.device, dtype=torch.bfloat16
            )
            settings = engine.generation_config
            budget = engine.token_budget
            return Engine(
                model, precision="bfloat16", generation_config=settings, token_budget=budget
            )
    return engine


def decode_texts(
    engine: Engine,
    codec: MarianCodec,
    texts: Sequence[str],
    *,
    beams: int,
    keep: int = 1,
    prefix: str | None = None,
) -> list[list[str]]:
    """Translate texts; each comes back as its `keep` best hypotheses, none if it is too long."""
    encoded = codec.encode(texts, prefix=prefix)
    found: list[list[str]] = [[] for _ in texts]
    shortest = 0
    for longest in _LENGTHS:
        rows = [i for i, ids in enumerate(encoded) if shortest < len(ids) <= longest]
        # A young model does not know how to end: twice the source is enough for a translation.
        search = replace(
            engine.search,
            beams=beams,
            num_return_sequences=keep,
            max_length=min(2 * longest + 16, engine.max_source_positions or 512),
        )
        nbests = engine.generate([encoded[i] for i in rows], search)
        decoded = iter(codec.decode([h.tokens for nbest in nbests for h in nbest]))
        for row, nbest in zip(rows, nbests, strict=True):
            found[row] = [next(decoded) for _ in nbest]
        shortest = longest
    return found


def resembles(text: str, reference: str) -> float:
    """Return the F1 of the words and word pairs that two texts share, from 0 to 1."""
    ours, theirs = text.lower().split(), reference.lower().split()
    mine, yours = (Counter([*side, *pairwise(side)]) for side in (ours, theirs))
    return 2 * (mine & yours).total() / max(mine.total() + yours.total(), 1)


def choose_dutch(rows: Sequence[Row], found: Sequence[Sequence[str]]) -> list[str]:
    """Of each back-translation, the first hypothesis that could be one; "" if none could.

    Args:
        rows: (any Dutch there is, the English) of each.
        found: Dutch hypotheses of each, best first.
    """
    return [
        next((text for text in nbest if _plausible(text, english)), "")
        for (_, english), nbest in zip(rows, found, strict=True)
    ]


def _plausible(dutch: str, english: str) -> bool:
    return (
        bool(dutch.strip())
        and lengths_agree(dutch, english)
        and digits_agree(dutch, english)
        and find_loop(dutch) is None
    )


def choose_english(rows: Sequence[Row], found: Sequence[Sequence[str]]) -> list[str]:
    """Of each n-best, the hypothesis without a doubt nearest to the reference; "" if none is.

    Args:
        rows: (Dutch source, English reference) of each.
        found: English hypotheses of each.
    """
    chosen = []
    for (dutch, english), nbest in zip(rows, found, strict=True):
        ranked = sorted(dict.fromkeys(nbest), key=lambda text: -resembles(text, english))
        sound = (
            text
            for text in ranked
            if not check_translation(dutch, text) and lengths_agree(dutch, text, most=2.2)
        )
        chosen.append(next(sound, ""))
    return chosen


def write_chosen(
    rows: Sequence[Row],
    target: Path,
    *,
    decode: Callable[[Sequence[Row]], list[list[str]]],
    choose: Callable[[Sequence[Row], Sequence[Sequence[str]]], list[str]],
    chunk: int = CHUNK,
    workers: int = 0,
    deadline: float | None = None,
) -> bool:
    """Decode and choose for all rows, a line each, into `target`; on from its `.part` if any.

    Args:
        rows: What to decode.
        target: Written when all is done; its lines are those of `rows`, empty where none will do.
        decode: Hypotheses of rows.
        choose: One hypothesis each, or "".
        chunk: Rows at a time.
        workers: Processes that choose, while the next chunk is decoded.
        deadline: Stop after the chunk in hand at this time of `time.monotonic`.

    Returns:
        Whether all is done.
    """
    if target.exists():
        return True
    part = target.with_name(target.name + ".part")
    done = part.read_bytes().count(b"\n") if part.exists() else 0
    started, before = time.monotonic(), done
    with (
        _trimmed(part).open("a", encoding="utf-8") as output,
        ProcessPoolExecutor(workers, mp_context=get_context("forkserver"))
        if workers
        else nullcontext() as pool,
    ):
        waiting: list[Future[list[str]]] = []

        def collect(most: int) -> None:
            while len(waiting) > most:
                output.writelines(f"{' '.join(text.split())}\n" for text in waiting.pop(0).result())
                output.flush()

        for first in range(done, len(rows), chunk):
            if deadline is not None and time.monotonic() >= deadline:
                collect(0)
                return False
            some = rows[first : first + chunk]
            found = decode(some)
            if pool is None:
                future: Future[list[str]] = Future()
                future.set_result(choose(some, found))
            else:
                future = pool.submit(choose, some, found)
            waiting.append(future)
            collect(workers)
            now = min(first + chunk, len(rows))
            rate = (now - before) / max(time.monotonic() - started, 1e-9)
            left = (len(rows) - now) / max(rate, 1e-9) / 60
            print(f"{target.name}: {now}/{len(rows)}, {rate:.0f} a second, {left:.1f} min left")
        collect(0)
    part.replace(target)
    return True


def _trimmed(part: Path) -> Path:
    """Return a file without the half line that a kill left at its end."""
    if part.exists():
        content = part.read_bytes()
        part.write_bytes(content[: content.rfind(b"\n") + 1])
    return part


def back_translate(
    model: Path,
    sentences: Sequence[str],
    target: Path,
    *,
    beams: int = 4,
    workers: int = 0,
    deadline: float | None = None,
    device: str = "auto",
    checked: bool = True,
) -> bool:
    """Write pairs (made Dutch, real English, "back") of English sentences; True when done.

    Without `checked`, a sentence whose Dutch will not do is its own: for rehearsals.
    """
    engine, codec = load_engine(model, device=device), MarianCodec(model)
    rows = [("", sentence) for sentence in sentences]
    lines = target.with_name(target.name + ".lines")
    decode = partial(_decode, engine, codec, beams=beams, side=1)
    if not write_chosen(
        rows, lines, decode=decode, choose=choose_dutch, workers=workers, deadline=deadline
    ):
        return False
    made = lines.read_text(encoding="utf-8").split("\n")[:-1]
    made = made if checked else [text or row[1] for text, row in zip(made, rows, strict=True)]
    pairs = ((dutch, row[1], "back") for dutch, row in zip(made, rows, strict=True) if dutch)
    _write_pairs(target, pairs, of=len(rows))
    return True


def distil(
    model: Path,
    pairs: Sequence[tuple[str, str, str]],
    target: Path,
    *,
    beams: int = 4,
    workers: int = 0,
    deadline: float | None = None,
    device: str = "auto",
    checked: bool = True,
) -> bool:
    """Write (Dutch, the teacher's English, group + "+") of pairs; True when done.

    Without `checked`, English that will not do is the reference: for rehearsals.
    """
    engine, codec = load_engine(model, device=device), MarianCodec(model)
    rows = [(dutch, english) for dutch, english, _ in pairs]
    lines = target.with_name(target.name + ".lines")
    decode = partial(_decode, engine, codec, beams=beams, side=0)
    if not write_chosen(
        rows, lines, decode=decode, choose=choose_english, workers=workers, deadline=deadline
    ):
        return False
    made = lines.read_text(encoding="utf-8").split("\n")[:-1]
    made = made if checked else [text or row[1] for text, row in zip(made, rows, strict=True)]
    chosen = ((row[0], text, f"{row[2]}+") for text, row in zip(made, pairs, strict=True) if text)
    _write_pairs(target, chosen, of=len(rows))
    return True


def _decode(
    engine: Engine, codec: MarianCodec, rows: Sequence[Row], *, beams: int, side: int
) -> list[list[str]]:
    return decode_texts(engine, codec, [row[side] for row in rows], beams=beams, keep=beams)


def _write_pairs(target: Path, pairs: Iterable[tuple[str, str, str]], *, of: int) -> None:
    lines = ["\t".join(pair) + "\n" for pair in pairs]
    print(f"{target.name}: {len(lines)} of {of} will do")
    if of and not lines:
        raise RuntimeError(
            f"{target}: nothing that the model wrote will do; it is untrained or broken. Look at "
            "its run's log, remove its folder and its mark under done/, and train it again"
        )
    part = target.with_name(target.name + ".new")
    part.write_text("".join(lines), encoding="utf-8")
    part.replace(target)


def read_rows(paths: Iterable[Path], groups: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield the pairs of files whose group begins with one of `groups`."""
    for path in paths:
        for line in path.read_text(encoding="utf-8").split("\n")[:-1]:
            dutch, english, group = line.split("\t")
            if group.startswith(tuple(groups)):
                yield dutch, english, group


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("what", choices=("back", "distil"))
    parser.add_argument("--model", type=Path, required=True, help="folder of the translator")
    parser.add_argument("--out", type=Path, default=Path(".train"))
    parser.add_argument("--beams", type=int, default=4)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--most", type=int, help="only the first rows")
    parser.add_argument("--groups", nargs="+", default=["news", "general", "tatoeba", "stsb"])
    options = parser.parse_args()
    settings = {"beams": options.beams, "workers": options.workers}
    if options.what == "back":
        mono = (options.out / "mono.txt").read_text(encoding="utf-8").splitlines()
        target = options.out / "back.tsv"
        back_translate(options.model, mono[: options.most], target, **settings)
    else:
        rows = list(read_rows([options.out / "pairs.tsv"], options.groups))
        distil(options.model, rows[: options.most], options.out / "distilled.tsv", **settings)


if __name__ == "__main__":
    main()
