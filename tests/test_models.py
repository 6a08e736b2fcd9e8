import shutil
from pathlib import Path

import pytest

from pipeline.models import ModelError, availability, bundled_names, resolve


def test_a_bundled_name_resolves(translation_model: Path) -> None:
    model = resolve("nl-en-compact")
    assert (model.origin, model.folder) == ("bundled", translation_model)
    assert model.label == f"nl-en-compact@{model.identity}"
    assert {"nl-en-compact", "en-summary-compact"} <= set(bundled_names())


def test_a_folder_resolves_and_other_weights_have_another_identity(
    translation_model: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(translation_model, folder)
    copy = resolve(str(folder))
    assert copy.origin == "folder"
    assert copy.identity == resolve("nl-en-compact").identity
    weights = folder / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert resolve(str(folder)).identity != copy.identity


def test_another_tokenizer_is_another_model(translation_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(translation_model, folder)
    before = resolve(str(folder)).identity
    (folder / "vocab.json").write_text("{}")
    assert resolve(str(folder)).identity != before


def test_a_hub_name_that_is_not_here_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelError) as caught:
        resolve("Helsinki-NLP/opus-mt-nl-en", offline=True)
    message = str(caught.value)
    assert "Helsinki-NLP/opus-mt-nl-en" in message
    assert "kortom models --fetch" in message
    assert "compact" in message


def test_a_cached_hub_model_resolves_without_a_network(
    translation_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached = tmp_path / "models--some--model" / "snapshots" / "abc"
    shutil.copytree(translation_model, cached)
    refs = tmp_path / "models--some--model" / "refs"
    refs.mkdir()
    (refs / "main").write_text("abc")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert availability("some/model").status == "cached"
    model = resolve("some/model", offline=True)
    assert (model.origin, model.folder) == ("hub", cached)


@pytest.mark.parametrize("name", ["no-such-model", "/no/such/folder", "a/b/c"])
def test_a_name_that_is_nothing_lists_what_there_is(name: str) -> None:
    with pytest.raises(ModelError, match="nl-en-compact"):
        resolve(name)


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({"config.json": "{"}, "config.json"),
        ({"config.json": "[]"}, "JSON object"),
        ({"config.json": '{"model_type": "bert"}'}, "bert"),
        ({"config.json": '{"model_type": "marian", "is_encoder_decoder": true}'}, "weights"),
    ],
)
def test_a_folder_that_is_no_model_is_named(
    tmp_path: Path, files: dict[str, str], named: str
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(ModelError, match=named) as caught:
        resolve(str(tmp_path))
    assert str(tmp_path) in str(caught.value)


def test_what_must_be_downloaded_has_a_size(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    known = availability("facebook/bart-large-cnn")
    assert known.status == "download"
    assert known.megabytes is not None
    assert availability("nl-en-compact").status == "bundled"
    assert availability("someone/unknown").megabytes is None
