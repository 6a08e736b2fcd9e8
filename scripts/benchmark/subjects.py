"""The three subjects, each behind `task.Subject`: kortom's engine, HF generate, CTranslate2.

Each is given what its authors advise: inputs sorted by length, the batch sizes and thread layouts
that are best here, the cache settings that work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.benchmark.models import token_names
from scripts.benchmark.task import Place, Setting, Subject, Task

Outputs = Mapping[int, Sequence[int]]


def load(
    name: str, *, folder: Path, converted: Path | None, precision: str, place: Place
) -> Subject:
    """Load a subject.

    Args:
        name: ``"ours"``, ``"hf"`` or ``"ct2"``.
        folder: The model.
        converted: CTranslate2's conversion of it.
        precision: The number format.
        place: Where to run.

    Raises:
        ImportError: What it needs is not installed.
        ValueError: It does not have that precision or device.
    """
    if name == "ours":
        return Ours(folder, precision=precision, place=place)
    if name == "hf":
        return HuggingFace(folder, precision=precision, place=place)
    if converted is None:
        raise ValueError(f"subject {name!r} needs a converted model")
    return CTranslate2(folder, converted=converted, precision=precision, place=place)


class Ours:
    """kortom's engine, given everything at once."""

    def __init__(self, folder: Path, *, precision: str, place: Place) -> None:
        from pipeline.engine import Engine  # noqa: PLC0415 -- a worker imports its own subject only

        self._engine = Engine.load(
            folder, device=place.device, precision=precision, threads=place.threads
        )

    def settings(self, task: Task, *, quick: bool) -> list[Setting]:
        """It chooses for itself."""
        return [{}]

    def run(self, task: Task, setting: Setting, *, sample: int) -> Outputs:
        """See `Subject.run`; always decodes all."""
        from pipeline.engine import Search  # noqa: PLC0415

        search = Search.from_generation_config(
            self._engine.generation_config,
            beams=task.beams,
            max_new_tokens=task.max_new_tokens,
            min_new_tokens=task.min_new_tokens,
            **_search_settings(task),
        )
        found = self._engine.generate(task.sequences, search)
        ends = set(Search.from_generation_config(self._engine.generation_config).ends)
        return {
            index: [token for token in best[0].tokens if token not in ends]
            for index, best in enumerate(found)
        }


class HuggingFace:
    """``model.generate`` in batches of inputs of like length, as its documentation advises."""

    def __init__(self, folder: Path, *, precision: str, place: Place) -> None:
        import torch  # noqa: PLC0415
        from transformers import AutoModelForSeq2SeqLM  # noqa: PLC0415

        quieten()
        torch.set_num_threads(place.threads)
        self._torch = torch
        model: Any = AutoModelForSeq2SeqLM.from_pretrained(
            folder, dtype=getattr(torch, precision), local_files_only=True
        )
        self._model = model.to(place.device).eval()
        self._device = place.device

    def settings(self, task: Task, *, quick: bool) -> list[Setting]:
        """Batch sizes, and on a GPU the static cache with and without compiling."""
        if self._device == "cpu":
            return [{"batch": size} for size in ((8, 32) if quick else (8, 32, 64))]
        sizes = (8, 64, 256, 512) if task.beams == 1 else (8, 32, 128, 256)
        plain = [{"batch": size} for size in sizes]
        best = sizes[-2]
        static: list[Setting] = [
            {"batch": best, "cache": "static"},
            {"batch": best, "cache": "static", "compile": True},
        ]
        return [*plain, *static]

    def run(self, task: Task, setting: Setting, *, sample: int) -> Outputs:
        """See `Subject.run`."""
        torch, config = self._torch, self._model.generation_config
        size: int = setting["batch"]
        order = sorted(range(len(task.sequences)), key=lambda i: -len(task.sequences[i]))
        batches = [order[start : start + size] for start in range(0, len(order), size)]
        stride = min(sample, len(batches))
        ends = config.eos_token_id
        drop = {config.pad_token_id, *(ends if isinstance(ends, list) else [ends])}
        options: dict[str, Any] = {
            "num_beams": task.beams,
            "do_sample": False,
            "max_new_tokens": task.max_new_tokens,
            "min_new_tokens": task.min_new_tokens or None,
            **_search_settings(task),
        }
        if "cache" in setting:
            options["cache_implementation"] = setting["cache"]
        if not setting.get("compile") and "cache" in setting:
            options["disable_compile"] = True
        found: dict[int, Sequence[int]] = {}
        # Starting in the middle of a stride makes the sample's mean length that of all.
        for batch in batches[stride // 2 :: stride]:
            longest = max(len(task.sequences[i]) for i in batch)
            if setting.get("cache") == "static":
                # Few distinct shapes, so that few graphs are compiled.
                longest = -(-longest // 32) * 32
            ids = torch.full((len(batch), longest), config.pad_token_id, dtype=torch.long)
            mask = torch.zeros_like(ids)
            for row, index in enumerate(batch):
                source = torch.tensor(task.sequences[index])
                ids[row, : len(source)] = source
                mask[row, : len(source)] = 1
            with torch.inference_mode():
                made = self._model.generate(
                    input_ids=ids.to(self._device),
                    attention_mask=mask.to(self._device),
                    **options,
                )
            for index, row in zip(batch, made[:, 1:].tolist(), strict=True):
                found[index] = [token for token in row if token not in drop]
        return found


class CTranslate2:
    """CTranslate2's translator, which sorts and batches by tokens itself."""

    def __init__(self, folder: Path, *, converted: Path, precision: str, place: Place) -> None:
        import ctranslate2  # noqa: PLC0415

        if place.device == "cuda" and not ctranslate2.get_cuda_device_count():
            raise ValueError("this build of CTranslate2 sees no GPU")
        self._library: Any = ctranslate2
        self._converted = converted
        self._type = "int8_float32" if precision == "int8" else precision
        self._place = place
        self._names = token_names(folder)
        self._ids = {name: index for index, name in enumerate(self._names)}
        self._layout: tuple[int, int] | None = None
        self._translator: Any = None

    def settings(self, task: Task, *, quick: bool) -> list[Setting]:
        """Layouts of threads, and token budgets."""
        threads = self._place.threads if self._place.device == "cpu" else 1
        layouts = [(threads, 1)] if threads == 1 else [(threads, 1), (1, threads)]
        if self._place.device == "cuda":
            sizes = [4096, 16384, 65536]
        else:
            # In float32 these have always come out within 3 % of each other.
            short = [1024, 4096] if self._type.startswith("int8") else [1024]
            sizes = short if quick else [512, 1024, 2048, 4096, 8192]
        first: list[Setting] = [
            {"inter": layouts[0][0], "intra": layouts[0][1], "tokens": size} for size in sizes
        ]
        # The other layout is tried with one size alone, and not in a hurry: it was never near.
        others: list[Setting] = [
            {"inter": a, "intra": b, "tokens": sizes[len(sizes) // 2]} for a, b in layouts[1:]
        ]
        return first if quick else [*first, *others]

    def run(self, task: Task, setting: Setting, *, sample: int) -> Outputs:
        """See `Subject.run`; always decodes all."""
        names, ids = self._names, self._ids
        layout = (setting["inter"], setting["intra"])
        if layout != self._layout:
            # The old one goes first: two at once would be its peak of memory.
            self._translator = None
            self._translator = self._library.Translator(
                str(self._converted),
                device=self._place.device,
                compute_type=self._type,
                inter_threads=layout[0],
                intra_threads=layout[1],
            )
            self._layout = layout
        # It has no early_stopping: it stops when `beams` hypotheses are finished.
        known = ("length_penalty", "no_repeat_ngram_size")
        results = self._translator.translate_batch(
            [[names[token] for token in sequence] for sequence in task.sequences],
            max_batch_size=setting["tokens"],
            batch_type="tokens",
            beam_size=task.beams,
            max_decoding_length=task.max_new_tokens,
            min_decoding_length=task.min_new_tokens or 1,
            max_input_length=0,
            **{name: value for name, value in _search_settings(task).items() if name in known},
        )
        return {
            index: [ids[name] for name in result.hypotheses[0]]
            for index, result in enumerate(results)
        }


def quieten() -> None:
    """Keep transformers' progress bars and advice out of the tables."""
    from transformers.utils import logging  # noqa: PLC0415

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]


def _search_settings(task: Task) -> dict[str, Any]:
    """The task's further settings, less those that mean nothing to greedy search."""
    of_beams = ("length_penalty", "early_stopping")
    return {k: v for k, v in task.search.items() if task.beams > 1 or k not in of_beams}
