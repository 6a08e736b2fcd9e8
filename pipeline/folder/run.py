"""`run_folder`: read, skip what is done, digest, append; stop on Ctrl-C, go on the next time.

Memory does not grow with the number of articles, but for 32 bytes each to know what is done (see
`pipeline.folder.journal`); how many articles are in flight is up to the pipeline.

An error is part of a digest, and a digest with one is done: it is tried again when its file, the
columns or the pipeline's configuration change, or with ``retry_failed``.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Protocol

from pipeline.article import Article, Digest
from pipeline.clean.recurring import Recurring, learn
from pipeline.folder.journal import BROKEN, JOURNAL, Journal
from pipeline.folder.progress import Progress, Silent, Snapshot
from pipeline.folder.recurring import RECURRING, read_once, recurring_of
from pipeline.folder.stopping import Stop
from pipeline.folder.writing import FORMATS, Format, check_format, target, write
from pipeline.reading import InputError, measure, read_articles

# A pipeline tells of a stage once it is done; what goes on is the next.
_AFTER = {"clean": "translating", "translate": "summarising", "summarise": "cleaning"}

# Lines that recur are learned from so many articles at most: a few sites' worth, read in a minute.
_LEARNED_FROM = 20_000

# Enough to see what is wrong with all of them, if it is one thing.
_ERRORS_SHOWN = 3


class Digester(Protocol):
    """What a run needs of a pipeline."""

    @property
    def fingerprint(self) -> str:
        """Hex; changes whenever the digest of the same article may."""

    def stream(
        self, articles: Iterable[Article], /, *, observer: Callable[[str, int], None] | None = None
    ) -> Iterator[Digest]:
        """One digest per article, in order, with the article's source and sha256.

        It must take articles as it goes, not all at once, and let an article's error through.

        Args:
            articles: What to digest.
            observer: Called after each stage of some articles with the stage's name and how many
                articles, sentences or summaries it did; with ``"translate"``, sentences.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What a run did.

    Attributes:
        done: Articles digested in this run; the failed and the flagged are among them.
        failed: Of these, those with an error.
        flagged: Of these, those with a flag and no error.
        skipped: Articles that an earlier run had done.
        replaced: Of the done, those whose earlier digest was replaced.
        ignored: Files in folders that are of a kind kortom does not read, counted by suffix.
        repaired: Torn or damaged records of an earlier run, taken out at the start.
        seconds: How long it took.
        sentences: Sentences translated.
        interrupted: Stopped by Ctrl-C (or SIGTERM) before the end of the input.
        limited: Stopped by ``limit`` before the end of the input.
        records: Articles in the output now, of this run and all before.
        records_failed: Of these, those with an error.
        records_flagged: Of these, those with a flag and no error.
        first_errors: The first few different errors of this run.
        journal: The JSON lines file with all digests.
        output: The file or folder in the format that was asked for; with ``jsonl``, the journal.
            After an interruption that of an earlier run, or none.
    """

    done: int = 0
    failed: int = 0
    flagged: int = 0
    skipped: int = 0
    replaced: int = 0
    ignored: Counter[str] = field(default_factory=Counter)
    repaired: int = 0
    seconds: float = 0.0
    sentences: int = 0
    interrupted: bool = False
    limited: bool = False
    records: int = 0
    records_failed: int = 0
    records_flagged: int = 0
    first_errors: tuple[str, ...] = ()
    journal: Path
    output: Path

    @property
    def notes(self) -> list[str]:
        """What a person should know beyond the numbers, one sentence each."""
        notes = []
        if self.interrupted:
            notes.append("Interrupted. To go on, run the same command again.")
        if self.limited:
            notes.append("Stopped at the limit. To go on, run the same command again.")
        if self.repaired:
            notes.append(
                f"{self.repaired} damaged records of an earlier run were taken out and their "
                f"articles count as not done; whole lines among them are in {BROKEN}."
            )
        if self.ignored:
            kinds = ", ".join(f"{count:,} {kind}" for kind, count in self.ignored.most_common(5))
            notes.append(f"Passed over, not articles: {kinds}.")
        if self.records_failed:
            notes.append(
                f'Articles with an error: {self.records_failed:,}; it is in "error" in '
                f"{self.journal}. They are tried again when they change, or with retry_failed "
                "(--retry-failed)."
            )
            notes.extend(f"  {error}" for error in self.first_errors)
        return notes


def run_folder(
    pipeline: Digester,
    inputs: Sequence[str | Path] | str | Path,
    *,
    out: Path | str,
    format: Format = "jsonl",  # noqa: A002  (the option's name on the command line)
    text_field: str | None = None,
    title_field: str | None = None,
    id_field: str | None = None,
    limit: int | None = None,
    retry_failed: bool = False,
    progress: Progress | None = None,
) -> RunReport:
    """Digest all articles in `inputs` that are not in `out` yet.

    The first Ctrl-C (or SIGTERM) finishes the articles in flight and returns; a second raises
    `KeyboardInterrupt` at once. In both cases, and after any crash, the same call goes on.

    Args:
        pipeline: Makes the digests.
        inputs: Files, folders, globs and ``"-"``, as in `pipeline.reading.read_articles`. `out` may
            lie inside one of them: what kortom wrote is not read.
        out: The output folder; made if it is not there.
        format: Also write all digests as ``json``, ``parquet``, or ``md`` (a folder of Markdown)
            when the input is done. ``digests.jsonl`` is always written.
        text_field: The column with the text, in files of rows; by default found by its name.
        title_field: The column with the headline, likewise.
        id_field: The column with the article's own id, likewise.
        limit: Most articles to digest in this run.
        retry_failed: Also redo the articles whose digest has an error.
        progress: Told where the run stands.

    Raises:
        InputError: Before any work, if an input does not exist; at the end, if there was no article
            in any of them.
        OutputError: `out` cannot be written or another run is writing to it.
    """
    if limit is not None and limit < 0:
        raise InputError(f"limit {limit} is below 0; give the most articles to digest")
    return _Run(
        pipeline=pipeline,
        inputs=[inputs] if isinstance(inputs, str | Path) else list(inputs),
        out=Path(out).expanduser(),
        text_field=text_field,
        title_field=title_field,
        id_field=id_field,
        limit=limit,
        progress=progress,
    ).run(check_format(format), retry_failed=retry_failed)


class _Run:
    def __init__(
        self,
        *,
        pipeline: Digester,
        inputs: list[str | Path],
        out: Path,
        text_field: str | None,
        title_field: str | None,
        id_field: str | None,
        limit: int | None,
        progress: Progress | None,
    ) -> None:
        self._pipeline = pipeline
        self._inputs = inputs
        self._out = out
        self._limit = limit
        self._measured = progress is not None
        self._progress = progress or Silent()
        self._stop = Stop(on_asked=self._show)
        self._exclude = _own_output(inputs, out)
        self._ignored: Counter[str] = Counter()
        # What was handed to the pipeline and has not come back: a few windows at most.
        self._in_flight: dict[str | None, Article] = {}
        self._now = Snapshot(stage="starting")
        self._replaced = 0
        self._first_errors: dict[str, None] = {}
        self._limited = False
        self._bytes_total: int | None = None
        self._bytes_read = self._bytes_skipped = self._bytes_done = 0
        # How much had been read when each article in flight was handed over.
        self._marks: deque[int] = deque()
        self._started = time.monotonic()
        self._first_work: float | None = None
        self._text_field, self._title_field, self._id_field = text_field, title_field, id_field
        self._recurring = Recurring()
        self._articles = read_articles(
            inputs,
            text_field=text_field,
            title_field=title_field,
            id_field=id_field,
            exclude=self._exclude,
            on_skip=lambda _path, reason: self._ignored.update([reason]),
            on_bytes=self._on_bytes,
        )

    def run(self, form: Format, *, retry_failed: bool) -> RunReport:
        fingerprint = self._pipeline.fingerprint
        self._show(stage="starting")
        with ExitStack() as stack:
            stack.enter_context(self._stop)
            journal = stack.enter_context(
                Journal(self._out, fingerprint=fingerprint, retry_failed=retry_failed)
            )
            if self._measured:
                # In a thread: with millions of files it takes minutes, and only the ETA needs it.
                threading.Thread(target=self._measure, daemon=True).start()
            self._recurring = self._learn()
            self._show(stage="reading")
            for digest in self._pipeline.stream(self._feed(journal), observer=self._observe):
                self._write(digest, journal)
            if self._in_flight:
                lost = next(iter(self._in_flight))
                raise RuntimeError(
                    f"the pipeline returned no digest for {len(self._in_flight)} articles, the "
                    f"first of them {lost}; this is an error in the pipeline, please report it"
                )
            interrupted = self._stop.asked
            self._show(stage="writing")
            journal.finish()
            output = target(self._out, form)
            if form != "jsonl" and not interrupted:
                write(journal.path, form)
            self._show(stage="ended")
            return RunReport(
                done=self._now.done,
                failed=self._now.failed,
                flagged=self._now.flagged,
                skipped=self._now.skipped,
                replaced=self._replaced,
                ignored=self._ignored,
                repaired=journal.repaired,
                seconds=time.monotonic() - self._started,
                sentences=self._now.sentences,
                interrupted=interrupted,
                limited=self._limited,
                records=journal.counts.records,
                records_failed=journal.counts.failed,
                records_flagged=journal.counts.flagged,
                first_errors=tuple(self._first_errors),
                journal=journal.path,
                output=output,
            )

    def _feed(self, journal: Journal) -> Iterator[Article]:
        """What is to do. On a stop it ends, so the pipeline finishes what it has and ends too."""
        handed = 0
        while not self._stop.asked:
            before = self._bytes_read
            article = self._stop.next_of(self._articles)
            if article is None:
                break
            source = article.source or ""
            if "#" in source and (file := source.rpartition("#")[0]) in journal.file_errors:
                # The file could not be read then and can now: its error is no longer true.
                journal.discard(file)
            elif article.error is not None:
                # Unless it broke off after some rows, and still does.
                journal.retain(article.source)
            if journal.is_done(article) or article.source in self._in_flight:
                self._bytes_skipped += self._bytes_read - before
                self._show(skipped=self._now.skipped + 1)
                continue
            if handed == self._limit:
                self._limited = True
                return
            handed += 1
            self._first_work = self._first_work or time.monotonic()
            article = replace(article, recurring=self._recurring.of(article))
            self._in_flight[article.source] = article
            self._marks.append(self._bytes_read)
            yield article

    def _learn(self) -> Recurring:
        """The recurring lines of the inputs' sites: those of earlier runs, and of new sites."""
        self._show(stage="learning")
        if any(read_once(given) for given in self._inputs):
            return recurring_of(self._out, new=Recurring())
        articles = read_articles(
            self._inputs,
            text_field=self._text_field,
            title_field=self._title_field,
            id_field=self._id_field,
            exclude=self._exclude,
        )
        learned = Recurring()
        # That there is not one article is for the run itself to say, at its end.
        with suppress(InputError):
            learned = learn(self._unless_stopped(islice(articles, _LEARNED_FROM)))
        if self._stop.asked:
            # Half of the articles would teach something else than all of them.
            return Recurring()
        return recurring_of(self._out, new=learned)

    def _unless_stopped(self, articles: Iterator[Article]) -> Iterator[Article]:
        while not self._stop.asked and (article := self._stop.next_of(articles)) is not None:
            yield article

    def _write(self, digest: Digest, journal: Journal) -> None:
        if not self._in_flight:
            raise RuntimeError(
                f"the pipeline returned a digest too many, {digest.source}; "
                "this is an error in the pipeline, please report it"
            )
        article = self._in_flight.pop(next(iter(self._in_flight)))
        self._bytes_done = self._marks.popleft()
        if (digest.source, digest.sha256) != (article.source, article.sha256):
            raise RuntimeError(
                f"the pipeline returned {digest.source} where {article.source} was due; "
                "this is an error in the pipeline, please report it"
            )
        self._replaced += journal.append(digest)
        if digest.error and len(self._first_errors) < _ERRORS_SHOWN:
            self._first_errors[digest.error] = None
        self._show(
            done=self._now.done + 1,
            failed=self._now.failed + bool(digest.error),
            flagged=self._now.flagged + bool(digest.flags and not digest.error),
        )

    def _observe(self, stage: str, count: int) -> None:
        sentences = self._now.sentences + (count if stage == "translate" else 0)
        self._show(stage=_AFTER.get(stage, stage), sentences=sentences)

    def _show(self, **changes: int | str) -> None:
        stage = changes.pop("stage", self._now.stage)
        if self._stop.asked and stage not in ("writing", "ended"):
            stage = "finishing"
        now = time.monotonic()
        work = now - self._first_work if self._first_work else 0.0
        rate = self._now.sentences / work if work else 0.0
        fraction = eta = None
        if self._bytes_total:
            done = self._bytes_done if self._in_flight else self._bytes_read
            fraction = min(1.0, done / self._bytes_total)
            # What was skipped took no time, so it says nothing about the speed.
            worked = done - self._bytes_skipped
            if worked > 0 and work > 0:
                eta = max(0, self._bytes_total - done) * work / worked
        self._now = replace(
            self._now,
            stage=str(stage),
            seconds=now - self._started,
            rate=rate,
            fraction=fraction,
            eta=eta,
            **changes,  # type: ignore[arg-type]  # the names are those of Snapshot
        )
        self._progress.show(self._now)

    def _on_bytes(self, count: int) -> None:
        self._bytes_read += count

    def _measure(self) -> None:
        try:
            self._bytes_total = measure(self._inputs, exclude=self._exclude)
        except InputError:
            # Something was moved away since it was checked; reading says so, where it counts.
            self._bytes_total = None


def _own_output(inputs: Sequence[str | Path], out: Path) -> list[Path]:
    """What not to read: all of `out` if it lies inside an input, else only what kortom writes."""
    files = [out / JOURNAL, out / BROKEN, out / RECURRING, *(target(out, form) for form in FORMATS)]
    place = out.absolute().resolve()
    inside = any(place.is_relative_to(Path(given).expanduser().resolve()) for given in inputs)
    same = any(place == Path(given).expanduser().resolve() for given in inputs)
    around = any(Path(given).expanduser().resolve().is_relative_to(place) for given in inputs)
    return [*files, out] if inside and not same and not around else files
