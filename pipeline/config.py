"""The settings of a pipeline, validated; presets are YAML files in ``configs/``.

A `Config` says which models to use and how; it is immutable, picklable, and has a fingerprint that
changes exactly when the output may change. Settings that only move the speed (token budget,
threads, window) are left out of the fingerprint.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

Precision = Literal["auto", "float32", "int8", "bfloat16", "float16"]


class ConfigError(ValueError):
    """A preset or setting that cannot be used; the message names file, value and remedy."""


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class SearchSettings(_Settings):
    """How to decode; None leaves the model's own ``generation_config.json`` in force.

    ``encoder_no_repeat_ngram_size: 0`` switches off a setting of some models that the engine does
    not have.
    """

    beams: int | None = Field(default=None, ge=1, le=64)
    length_penalty: float | None = None
    early_stopping: bool | Literal["never"] | None = None
    no_repeat_ngram_size: int | None = Field(default=None, ge=0)
    repetition_penalty: float | None = Field(default=None, gt=0)
    encoder_no_repeat_ngram_size: Literal[0] | None = None

    def overrides(self) -> dict[str, Any]:
        """The settings that were given, by their names in `pipeline.engine.Search`."""
        return self.model_dump(exclude_none=True)


class CleanSettings(_Settings):
    """What the cleaner lets through.

    Attributes:
        any_language: Translate an article even if it does not look Dutch.
        max_characters: A longer article is not worked on but recorded with an error: what is
            longer than a thick book is a dump, not an article.
    """

    any_language: bool = False
    max_characters: int = Field(default=2_000_000, ge=1)


class TranslateSettings(_Settings):
    """The translation stage.

    Attributes:
        model: A bundled name, a folder, or a name on the Hugging Face Hub.
        prefix: A token put before each sentence, e.g. ``>>eng<<`` for a many-to-many model.
        search: Decoding settings.
    """

    model: str
    prefix: str | None = None
    search: SearchSettings = SearchSettings()


class SummariseSettings(_Settings):
    """The summary stage.

    Attributes:
        model: A bundled name, a folder, or a name on the Hugging Face Hub.
        prefix: Text put before the input, e.g. ``"summarize: "`` for T5.
        whole_sentences: Make the summary of the input's own sentences: the likeliest by a table
            of features, the model choosing between sets that this cannot tell apart. A small
            model then cannot break the English or invent a figure.
        min_words: Shortest summary wanted, in words.
        max_words: Longest summary wanted, in words.
        ratio: Wanted length as a share of the input's words, kept between the two bounds.
        max_input_tokens: Most tokens read at once, for a model that sets no limit of its own, or
            to stay below the one it has.
        search: Decoding settings.
    """

    model: str
    prefix: str | None = None
    max_input_tokens: int | None = Field(default=None, ge=64)
    whole_sentences: bool = False
    min_words: int = Field(default=25, ge=1)
    max_words: int = Field(default=80, ge=5)
    ratio: float = Field(default=0.3, gt=0, le=1)
    search: SearchSettings = SearchSettings()

    @model_validator(mode="after")
    def _bounds_in_order(self) -> SummariseSettings:
        if self.min_words > self.max_words:
            raise ValueError(
                f"min_words {self.min_words} is above max_words {self.max_words}; swap them"
            )
        return self


class RuntimeSettings(_Settings):
    """Where and how fast; none of these changes the text in float32.

    Attributes:
        device: ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"``.
        precision: ``"auto"`` is float32 on a CPU and half precision on a GPU; ``"int8"`` is faster
            on a CPU, and not exact.
        token_budget: Most tokens in one batch, padding and beams counted; None lets the engine say.
        threads: CPU threads of an engine; None leaves torch's own number. In a stream the summaries
            of a window are made beside the translation of the next: then two engines are at work.
        window_characters: How much raw text is pooled before it is translated. Larger windows batch
            better (a GPU wants millions); smaller ones answer sooner, and lose less to a crash: two
            of them at most.
        window_articles: Most articles in a window.
    """

    device: str = Field(default="auto", pattern=r"^(auto|cpu|cuda(:\d+)?)$")
    precision: Precision = "auto"
    token_budget: int | None = Field(default=None, ge=16)
    threads: int | None = Field(default=None, ge=1)
    window_characters: int = Field(default=200_000, ge=1)
    window_articles: int = Field(default=64, ge=1)


class Config(_Settings):
    """All settings of a pipeline.

    Attributes:
        name: The preset's name, for reports.
        clean: The cleaner's settings.
        translate: The translation stage's settings.
        summarise: The summary stage's settings.
        runtime: Device, precision and batching.
    """

    name: str = "custom"
    clean: CleanSettings = CleanSettings()
    translate: TranslateSettings
    summarise: SummariseSettings
    runtime: RuntimeSettings = RuntimeSettings()

    @classmethod
    def load(cls, preset: str | Path | Config) -> Config:
        """Read a preset by name or a YAML file by path; a `Config` is returned as it is.

        Raises:
            ConfigError: No such preset or file, no YAML, or a setting that is unknown or wrong.
        """
        if isinstance(preset, Config):
            return preset
        path = _find(str(preset))
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path} is not valid YAML: {error}; correct it there") from error
        if not isinstance(content, dict):
            raise ConfigError(
                f"{path} holds {content!r}; a mapping with translate and summarise is needed"
            )
        try:
            return cls.model_validate({"name": path.stem, **content})
        except ValidationError as error:
            raise ConfigError(
                f"{path}: {_problems(error)}; see configs/compact.yaml for the settings"
            ) from error

    def replace(self, section: Literal["clean", "runtime"], **changes: object) -> Config:
        """A copy with some settings of a section replaced; None leaves a setting as it was.

        Raises:
            ConfigError: A setting is unknown or wrong.
        """
        given = {key: value for key, value in changes.items() if value is not None}
        before = self.model_dump()
        try:
            return Config.model_validate({**before, section: {**before[section], **given}})
        except ValidationError as error:
            raise ConfigError(f"{section} settings {given}: {_problems(error)}") from error

    def fingerprint(self) -> str:
        """Hex SHA-256 of every setting that may change the output."""
        relevant = self.model_dump(mode="json", exclude={"name", "runtime"})
        relevant["precision"] = self.runtime.precision
        content = json.dumps(relevant, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()


def preset_folder() -> Path:
    """The folder of the shipped presets, in a checkout or in an installed package."""
    package = Path(__file__).resolve().parent
    installed = package / "configs"
    return installed if installed.is_dir() else package.parent / "configs"


def preset_names() -> list[str]:
    """Names of the shipped presets, sorted, the default first."""
    names = sorted(path.stem for path in preset_folder().glob("*.yaml"))
    return sorted(names, key=lambda name: name != "compact")


def _problems(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, item['loc']))} = {item['input']!r}: {item['msg']}"
        for item in error.errors()
    )


def _find(preset: str) -> Path:
    named = preset_folder() / f"{preset}.yaml"
    if named.is_file() and "/" not in preset:
        return named
    path = Path(preset).expanduser()
    if path.is_file():
        return path
    known = ", ".join(preset_names())
    raise ConfigError(
        f"no preset or file {preset!r}; presets: {known}; or give a path to a YAML file"
    )
