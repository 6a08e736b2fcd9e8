"""The `kortom` command: parse, call, print. What it does is done elsewhere."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from pipeline import __version__
from pipeline.config import Config, ConfigError, preset_names
from pipeline.fidelity import Doubt
from pipeline.models import ModelError, availability, bundled_names, resolve

app = typer.Typer(
    name="kortom",
    help="Raw Dutch news articles in; clean Dutch, English and an English summary out.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
_out = Console()
_err = Console(stderr=True)

_ConfigOption = Annotated[
    str,
    typer.Option("--config", "-c", help="A preset's name (see `kortom models`) or a YAML file."),
]
_DeviceOption = Annotated[str | None, typer.Option(help="cpu, cuda, cuda:1 or auto.")]
_PrecisionOption = Annotated[
    str | None, typer.Option(help="float32, int8, float16, bfloat16 or auto.")
]
_ThreadsOption = Annotated[int | None, typer.Option(help="CPU threads.", min=1)]
_InputsArgument = Annotated[
    list[str],
    typer.Argument(
        help="Files, folders (read recursively), globs, or - for standard input. "
        ".txt .md .html .jsonl .csv .parquet, each also as .gz.",
    ),
]
_TextInput = Annotated[str, typer.Argument(help="A text file, or - for standard input.")]


def _version(wanted: bool) -> None:
    if wanted:
        _out.print(f"kortom {__version__}", highlight=False)
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what is done.")] = False,
) -> None:
    # Libraries warn of what does not concern a reader of digests.
    logging.basicConfig(level=logging.INFO if verbose else logging.ERROR)
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "info" if verbose else "error")


@app.command()
def run(
    inputs: _InputsArgument,
    out: Annotated[Path, typer.Option(help="Folder for the digests; made if need be.")],
    config: _ConfigOption = "compact",
    format: Annotated[  # noqa: A002 - the option's name is what a user types
        str, typer.Option("--format", "-f", help="jsonl, json, parquet or md.")
    ] = "jsonl",
    text_field: Annotated[
        str | None, typer.Option(help="Column or key of the text, in .jsonl, .csv, .parquet, ...")
    ] = None,
    title_field: Annotated[str | None, typer.Option(help="Column or key of the headline.")] = None,
    id_field: Annotated[str | None, typer.Option(help="Column or key of the article's id.")] = None,
    limit: Annotated[int | None, typer.Option(help="Most articles in this run.", min=0)] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Also redo the articles that have an error.")
    ] = False,
    any_language: Annotated[
        bool, typer.Option("--any-language", help="Translate what does not look Dutch as well.")
    ] = False,
    device: _DeviceOption = None,
    precision: _PrecisionOption = None,
    threads: _ThreadsOption = None,
) -> None:
    """Digest articles into a folder; running it again goes on where it stopped.

    Exit code: 0 if all went well, 1 if articles in the output have an error, 2 if the run could
    not start, 130 if it was interrupted.
    """
    with _readable_errors():
        # Imported late: torch takes seconds, and `kortom --help` does without it.
        from pipeline.folder import check_format, open_progress, run_folder  # noqa: PLC0415
        from pipeline.pipeline import Pipeline  # noqa: PLC0415
        from pipeline.reading import read_articles  # noqa: PLC0415
        from pipeline.show import report_table  # noqa: PLC0415

        # A mistake in a name should not wait for the models to load.
        read_articles(inputs)
        form = check_format(format)
        settings = _settings(
            config, device=device, precision=precision, threads=threads, any_language=any_language
        )
        pipeline = Pipeline.load(settings)
        with open_progress(_err) as progress:
            report = run_folder(
                pipeline,
                inputs,
                out=out,
                format=form,
                text_field=text_field,
                title_field=title_field,
                id_field=id_field,
                limit=limit,
                retry_failed=retry_failed,
                progress=progress,
            )
        _out.print(report_table(report))
        for note in report.notes:
            _err.print(note, markup=False, highlight=False, soft_wrap=True)
    if report.interrupted:
        raise typer.Exit(130)
    raise typer.Exit(1 if report.records_failed else 0)


@app.command()
def show(
    out: Annotated[Path, typer.Argument(help="The folder of a run, or a digests.jsonl.")],
    limit: Annotated[int, typer.Option(help="Most digests to show.", min=1)] = 50,
) -> None:
    """Print the digests of a run as a table: what was kept, removed, and is doubtful."""
    with _readable_errors():
        from pipeline.show import digest_table, read_digests  # noqa: PLC0415

        _out.print(digest_table(read_digests(out), limit=limit))


@app.command()
def clean(
    inputs: _InputsArgument,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show every line, kept or dropped, and why.")
    ] = False,
) -> None:
    """Print what stays of raw articles."""
    with _readable_errors():
        from pipeline.clean import clean as clean_text  # noqa: PLC0415
        from pipeline.reading import read_articles  # noqa: PLC0415
        from pipeline.show import verdict_table  # noqa: PLC0415

        failed = False
        for number, article in enumerate(read_articles(inputs)):
            if article.error is not None:
                _err.print(f"kortom: {article.error}", style="red", markup=False, soft_wrap=True)
                failed = True
                continue
            if number:
                _out.print()
            cleaned = clean_text(article.text, title=article.title, markup=article.markup)
            if explain:
                _out.print(verdict_table(cleaned, name=article.id or article.source))
            else:
                _write(
                    "\n\n".join([*([cleaned.title] if cleaned.title else []), *cleaned.paragraphs])
                )
    raise typer.Exit(1 if failed else 0)


@app.command()
def translate(
    source: _TextInput = "-",
    config: _ConfigOption = "compact",
    device: _DeviceOption = None,
    precision: _PrecisionOption = None,
    threads: _ThreadsOption = None,
) -> None:
    """Translate Dutch into English, line for line; nothing is cleaned or dropped."""
    with _readable_errors():
        from pipeline.translate import Translator  # noqa: PLC0415

        lines = _read_text(source).removesuffix("\n").split("\n")
        settings = _settings(config, device=device, precision=precision, threads=threads)
        for translation in Translator.load(settings)(lines):
            _write(translation.text)
            _print_doubts(translation.doubts)


@app.command()
def summarise(
    source: _TextInput = "-",
    config: _ConfigOption = "compact",
    device: _DeviceOption = None,
    precision: _PrecisionOption = None,
    threads: _ThreadsOption = None,
) -> None:
    """Summarise an English text."""
    with _readable_errors():
        from pipeline.summarise import Summariser  # noqa: PLC0415

        text = _read_text(source)
        settings = _settings(config, device=device, precision=precision, threads=threads)
        [summary] = Summariser.load(settings)([text])
        _write(summary.text)
        _print_doubts(summary.doubts)


@app.command()
def models(
    fetch: Annotated[
        str | None, typer.Option(help="Fetch this preset's models, or this model, from the Hub.")
    ] = None,
) -> None:
    """List what is bundled, what is cached, and what each preset needs."""
    with _readable_errors():
        if fetch is not None:
            names = _preset_models(fetch) if fetch in preset_names() else [fetch]
            for name in names:
                _out.print(f"{name}: {resolve(name).folder}", highlight=False)
            return
        table = Table("preset", "stage", "model", "status", "size")
        for preset in preset_names():
            for stage, name in zip(("translate", "summarise"), _preset_models(preset), strict=True):
                known = availability(name)
                size = "unknown" if known.megabytes is None else f"{known.megabytes:,.0f} MB"
                table.add_row(preset, stage, name, known.status, size)
        _out.print(table)
        _out.print(f"Bundled: {', '.join(bundled_names())}.", highlight=False)


@app.command()
def doctor(config: _ConfigOption = "compact") -> None:
    """Print versions, device, precision and threads, and run a 5-second self-test."""
    with _readable_errors():
        from pipeline.doctor import examine  # noqa: PLC0415

        table = Table(show_header=False)
        for name, value in examine(_settings(config)):
            table.add_row(name, value)
        _out.print(table)


def _settings(
    config: str,
    *,
    device: str | None = None,
    precision: str | None = None,
    threads: int | None = None,
    any_language: bool = False,
) -> Config:
    settings = Config.load(config)
    settings = settings.replace("runtime", device=device, precision=precision, threads=threads)
    return settings.replace("clean", any_language=True) if any_language else settings


def _preset_models(preset: str) -> list[str]:
    settings = Config.load(preset)
    return [settings.translate.model, settings.summarise.model]


def _read_text(source: str) -> str:
    from pipeline.reading import read_articles  # noqa: PLC0415

    texts = []
    for article in read_articles([source]):
        if article.error is not None:
            _err.print(f"kortom: {article.error}", style="red", markup=False, soft_wrap=True)
            raise typer.Exit(1)
        texts.append(article.text)
    return "\n".join(texts)


def _print_doubts(doubts: Sequence[Doubt]) -> None:
    for doubt in doubts:
        _err.print(f"doubtful ({doubt.kind}): {doubt.detail}", style="yellow", markup=False)


def _write(text: str) -> None:
    # Not through rich: what is piped on must not be wrapped to the width of a terminal.
    sys.stdout.write(f"{text}\n")


@contextmanager
def _readable_errors() -> Iterator[None]:
    """Turn an error that a user can mend into one line and exit code 2."""
    from pipeline.folder import OutputError  # noqa: PLC0415
    from pipeline.reading import InputError  # noqa: PLC0415

    try:
        yield
    except (ConfigError, ModelError, InputError, OutputError) as error:
        _err.print(f"kortom: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(2) from error
    except BrokenPipeError:
        # `kortom clean x | head` is no mistake.
        sys.stdout = None
        raise typer.Exit(0) from None


if __name__ == "__main__":
    app()
