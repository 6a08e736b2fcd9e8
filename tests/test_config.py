import pickle
from pathlib import Path

import pytest

from pipeline.config import Config, ConfigError, preset_names


@pytest.mark.parametrize("name", ["compact", "opus", "quality", "long"])
def test_presets_load_by_name(name: str) -> None:
    config = Config.load(name)
    assert config.name == name
    assert config.translate.model
    assert config.summarise.model


def test_the_default_comes_first_and_needs_no_hub_name() -> None:
    assert preset_names()[0] == "compact"
    config = Config.load("compact")
    assert "/" not in config.translate.model + config.summarise.model


def test_a_file_is_a_preset_too(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("translate: {model: a/b, prefix: '>>eng<<'}\nsummarise: {model: c}\n")
    config = Config.load(path)
    assert config.name == "mine"
    assert config.translate.prefix == ">>eng<<"
    assert Config.load(config) is config


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("translate: {modle: x}\nsummarise: {model: c}\n", "modle"),
        ("translate: {model: x}\n", "summarise"),
        ("- a list\n", "mapping"),
        ("translate: [\n", "YAML"),
        ("translate: {model: x}\nsummarise: {model: c, min_words: 90}\n", "min_words 90"),
        ("translate: {model: x, search: {beams: 0}}\nsummarise: {model: c}\n", "beams"),
    ],
)
def test_a_wrong_file_is_named_with_the_value(tmp_path: Path, content: str, named: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError) as caught:
        Config.load(path)
    assert str(path) in str(caught.value)
    assert named in str(caught.value)


def test_an_unknown_preset_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="compact"):
        Config.load("compakt")


def test_the_fingerprint_moves_with_the_output_only() -> None:
    config = Config.load("compact")
    assert config.replace("runtime", threads=1, window_articles=3).fingerprint() == (
        config.fingerprint()
    )
    assert config.replace("clean", any_language=True).fingerprint() != config.fingerprint()
    assert config.replace("runtime", precision="bfloat16").fingerprint() != config.fingerprint()
    assert pickle.loads(pickle.dumps(config)).fingerprint() == config.fingerprint()


def test_replace_names_a_wrong_value() -> None:
    with pytest.raises(ConfigError, match="precision"):
        Config.load("compact").replace("runtime", precision="float99")
