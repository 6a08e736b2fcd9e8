import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from tests.conftest import ROOT

COMMANDS = ["run", "show", "clean", "translate", "summarise", "models", "doctor"]
ARTICLE = """Gemeente sluit oude brug

De gemeente sluit de oude brug over de Vecht vanaf maandag voor al het verkeer, meldt de wethouder.
Fietsers kunnen zes weken lang gebruikmaken van een pontje dat elke tien minuten vaart.

Lees ook: Vijf tips voor je vakantie
"""

runner = CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1"})


def call(*arguments: object, text: str | None = None, code: int = 0) -> str:
    result = runner.invoke(app, [str(argument) for argument in arguments], input=text)
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "brug.txt").write_text(ARTICLE, encoding="utf-8")
    (folder / "leeg.txt").write_text("", encoding="utf-8")
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_and_stands_in_the_readme(command: str) -> None:
    assert "Usage" in call(command, "--help")
    assert f"kortom {command}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_a_run_digests_reports_and_goes_on(articles: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    printed = call("run", articles, "--out", out, code=1)  # the empty file has failed
    rows = [json.loads(line) for line in (out / "digests.jsonl").read_text().splitlines()]
    by_id = {row["id"]: row for row in rows}
    brug, leeg = by_id["brug.txt"], by_id["leeg.txt"]
    assert brug["error"] is None
    assert brug["summary"].endswith(".")
    assert "leeg.txt" in leeg["error"]
    assert "failed" in printed
    assert "leeg.txt: is empty" in printed
    assert "2 (done before)" in call("run", articles, "--out", out, code=1)
    table = call("show", out)
    assert "2 digests" in table
    assert "1 related" in table


def test_a_run_writes_other_formats(articles: Path, tmp_path: Path) -> None:
    (articles / "leeg.txt").unlink()
    call("run", articles, "--out", tmp_path / "out", "--format", "json")
    [digest] = json.loads((tmp_path / "out" / "digests.json").read_text(encoding="utf-8"))
    assert digest["title"] == "Gemeente sluit oude brug"


def test_clean_prints_what_stays(articles: Path) -> None:
    printed = call("clean", articles / "brug.txt")
    assert "Fietsers kunnen" in printed
    assert "Lees ook" not in printed


def test_clean_explains_every_line(articles: Path) -> None:
    printed = call("clean", articles / "brug.txt", "--explain")
    assert "Lees ook: Vijf tips" in printed
    assert "related" in printed


def test_translate_goes_line_for_line_from_standard_input() -> None:
    printed = call("translate", text="Het regent.\n\n3-1\n")
    lines = printed.splitlines()
    assert len(lines) == 3
    assert lines[1:] == ["", "3-1"]
    assert lines[0]


def test_summarise_returns_a_short_text_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "en.txt"
    path.write_text("The bridge is closed. Cyclists take the ferry.\n", encoding="utf-8")
    assert call("summarise", path) == "The bridge is closed. Cyclists take the ferry.\n"


def test_models_lists_every_preset_with_its_size() -> None:
    printed = call("models")
    for word in ("compact", "opus", "quality", "long", "bundled", "Helsinki-NLP/opus-mt-nl-en"):
        assert word in printed


def test_doctor_runs_the_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.doctor._SELF_TEST_SECONDS", 0.01)
    printed = call("doctor")
    for word in ("torch", "threads", "self-checks passed", "sentences a second"):
        assert word in printed


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["run", "{in}", "--out", "{out}", "--config", "compakt"], "compakt"),
        (["run", "{in}/none.txt", "--out", "{out}"], "none.txt"),
        (["run", "{in}", "--out", "{out}", "--format", "xml"], "xml"),
        (["run", "{in}", "--out", "{in}/brug.txt"], "brug.txt"),
        (["run", "{in}", "--out", "{out}", "--precision", "float99"], "float99"),
        (["run", "{in}", "--out", "{out}", "--device", "cuda:7"], "cuda"),
        (["run", "{in}", "--out", "{out}", "--device", "tpu"], "tpu"),
        (["clean", "{in}/none.txt"], "none.txt"),
        (["show", "{in}/brug.txt"], "no digest"),
        (["show", "{out}"], "digests.jsonl"),
        (["translate", "{in}/none.txt"], "none.txt"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_two(
    articles: Path, tmp_path: Path, arguments: list[str], named: str
) -> None:
    places = {"in": str(articles), "out": str(tmp_path / "out")}
    printed = call(*(argument.format(**places) for argument in arguments), code=2)
    assert printed.startswith("kortom: ")
    assert named in printed
    assert "Traceback" not in printed
