"""The wheel, installed where nothing of the checkout can be seen, does the main job."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

ARTICLE = """Gemeente sluit oude brug

De gemeente sluit de oude brug over de Vecht vanaf maandag voor al het verkeer, meldt de wethouder.
Fietsers kunnen zes weken lang gebruikmaken van een pontje dat elke tien minuten vaart.

Lees ook: Vijf tips voor je vakantie
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*command, str(ROOT)], check=True, capture_output=True)
    [path] = folder.glob("kortom-*.whl")
    return path


def test_the_wheel_holds_what_a_run_needs_and_is_small(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for name in (
        "pipeline/configs/compact.yaml",
        "pipeline/bundled/nl-en-compact/model.safetensors",
        "pipeline/bundled/en-summary-compact/model.safetensors",
        "pipeline/py.typed",
    ):
        assert name in names
    assert any(name.startswith("pipeline/samples/") for name in names)
    assert not any(name.startswith(("tests/", "scripts/", "configs/")) for name in names)
    assert wheel.stat().st_size < 90e6


def test_the_installed_wheel_runs_from_another_folder(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=False)
    site = next(environment.glob("lib/python*/site-packages"))
    # Installing a wheel of pure Python is unpacking it; its dependencies are this environment's.
    zipfile.ZipFile(wheel).extractall(site)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "brug.txt").write_text(ARTICLE, encoding="utf-8")
    code = "import pipeline, sys; print(pipeline.__file__); from pipeline.cli import app; app()"
    done = subprocess.run(
        [environment / "bin" / "python", "-c", code, "run", "in", "--out", "out"],
        cwd=tmp_path,
        env={
            **os.environ,
            # Not processed for .pth files, so that the editable checkout stays out of sight.
            "PYTHONPATH": sysconfig.get_path("purelib"),
            "HF_HUB_OFFLINE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert str(site) in done.stdout
    [line] = (tmp_path / "out" / "digests.jsonl").read_text(encoding="utf-8").splitlines()
    digest = json.loads(line)
    assert digest["error"] is None
    assert digest["title"] == "Gemeente sluit oude brug"
    assert len(digest["english"]) == len(digest["paragraphs"]) == 2
    assert [removed["reason"] for removed in digest["removed"]] == ["related"]
