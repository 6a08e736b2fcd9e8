"""Tables for the terminal: the digests of a run, its report, and the cleaner's verdicts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from pipeline.clean import Cleaned, Verdict
from pipeline.clean.decide import weight
from pipeline.folder import RunReport
from pipeline.reading import InputError

_SHOWN = {"paragraphs", "removed", "summary", "flags", "error"}


def read_digests(path: Path) -> Iterator[dict[str, Any]]:
    """The digests of a run, in order, as dicts.

    Args:
        path: The run's folder, or its ``digests.jsonl``.

    Raises:
        InputError: There is no such file, or a line of it is no JSON.
    """
    journal = path if path.is_file() else path / "digests.jsonl"
    if not journal.is_file():
        raise InputError(f"{journal} is not there; give the --out folder of a run")
    with journal.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                digest = json.loads(line)
                if not (isinstance(digest, dict) and digest.keys() >= _SHOWN):
                    raise ValueError(f"it has no {', '.join(sorted(_SHOWN))}")
                yield digest
            except ValueError as error:
                raise InputError(
                    f"{journal}, line {number} is no digest ({error}); give the --out folder of a "
                    "run, or run it again to have it repaired"
                ) from error


def digest_table(digests: Iterable[dict[str, Any]], *, limit: int) -> Table:
    """A row a digest: its title, what was kept and removed; its summary, and what is doubtful."""
    table = Table(show_lines=True, expand=True)
    table.add_column("article", ratio=2)
    table.add_column("English summary", ratio=3)
    count = 0
    for count, digest in enumerate(digests, start=1):
        if count <= limit:
            table.add_row(_article_cell(digest), _summary_cell(digest))
    shown = min(count, limit)
    table.caption = f"{shown} of {count} digests" if shown < count else f"{count} digests"
    return table


def report_table(report: RunReport) -> Table:
    """A run's closing table: done, failed, flagged, skipped, and where the digests are."""
    table = Table(show_header=False)
    for name, value in (
        ("done", f"{report.done - report.failed:,}, of these flagged {report.flagged:,}"),
        ("failed", f"{report.failed:,}"),
        ("replaced", f"{report.replaced:,} (changed since an earlier run)"),
        ("skipped", f"{report.skipped:,} (done before)"),
        ("sentences", f"{report.sentences:,} in {report.seconds:,.1f} s"),
        ("digests", f"{report.output} ({report.records:,} in all)"),
    ):
        table.add_row(name, value)
    return table


def verdict_table(cleaned: Cleaned, *, name: str | None) -> Table:
    """Every line of an article side by side: kept on the left, dropped on the right, and why.

    A line's reasons are its score and the points of each cue, those for keeping in green.
    """
    table = Table(title=name, expand=True)
    table.add_column("line", justify="right", style="dim")
    table.add_column("kept", ratio=5)
    table.add_column("dropped", ratio=4)
    table.add_column("why", ratio=3)
    for verdict in cleaned.verdicts:
        left, right = (verdict.text, "") if verdict.keep else ("", verdict.text)
        style = "bold green" if verdict.kind in {"title", "subhead"} else "green"
        table.add_row(
            str(verdict.line), Text(left, style=style), Text(right, style="red"), _why(verdict)
        )
    return table


def _why(verdict: Verdict) -> Text:
    why = Text()
    why.append(verdict.kind if verdict.keep else verdict.reason, style="bold")
    if verdict.language != "nl":
        why.append(f" [{verdict.language}]", style="yellow")
    why.append(f" {verdict.score:+.1f}")
    for cue in verdict.cues:
        points = weight(cue)
        why.append(f"\n{points:+.1f} {cue}", style="red" if points > 0 else "green")
    return why


def _article_cell(digest: dict[str, Any]) -> Text:
    cell = Text()
    if title := digest.get("english_title") or digest.get("title"):
        cell.append(f"{title}\n", style="bold")
    cell.append(digest.get("id") or digest.get("source") or "?", style="dim")
    cell.append(f"\nkept {len(digest['paragraphs'])} paragraphs")
    if removed := digest["removed"]:
        cell.append(f"\nremoved {len(removed)} lines: {_tally(r['reason'] for r in removed)}")
    return cell


def _summary_cell(digest: dict[str, Any]) -> Text:
    if digest["error"]:
        return Text(digest["error"], style="red")
    cell = Text(digest["summary"])
    if flags := digest["flags"]:
        cell.append(f"\ndoubtful: {_tally(flag['kind'] for flag in flags)}", style="yellow")
    return cell


def _tally(names: Iterable[str]) -> str:
    """Names with how often each occurs, most frequent first, e.g. ``3 related, 1 share``."""
    return ", ".join(f"{count} {name}" for name, count in Counter(names).most_common())
