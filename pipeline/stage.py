"""What the stages that hold a model are made of: its engine, its codec, its search, its name."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.config import RuntimeSettings, SearchSettings
from pipeline.engine import Engine, Search
from pipeline.models import ModelError, resolve
from pipeline.tokenization import Codec, load_codec


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """A model, ready to decode.

    Attributes:
        engine: Its weights.
        codec: Its tokenizer.
        search: Its own generation settings, with those of the configuration over them.
        label: Its name and identity, for the record.
    """

    engine: Engine
    codec: Codec
    search: Search
    label: str


def load_model(name: str, *, search: SearchSettings, runtime: RuntimeSettings) -> LoadedModel:
    """Load a model by name.

    Args:
        name: A bundled name, a folder, or a name on the Hugging Face Hub.
        search: Decoding settings that replace the model's own.
        runtime: Device, precision and batching.

    Raises:
        ModelError: The model is missing, its files do not fit each other, or the device is not
            there.
    """
    model = resolve(name)
    try:
        engine = Engine.load(
            model.folder,
            device=runtime.device,
            precision=runtime.precision,
            token_budget=runtime.token_budget,
            threads=runtime.threads,
        )
        settings = Search.from_generation_config(engine.generation_config, **search.overrides())
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelError(f"model {name!r} cannot be loaded: {error}") from error
    codec = load_codec(model.folder, threads=runtime.threads)
    return LoadedModel(engine=engine, codec=codec, search=settings, label=model.label)
