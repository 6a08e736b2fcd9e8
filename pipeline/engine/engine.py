"""The engine: a model in a folder, made to turn sequences of ids into sequences of ids.

What comes out does not depend on what is decoded beside it, nor on order or budget: each input is
decoded as if alone. Nothing is cut: an input that is empty, too long or has ids the model does not
know is an error that names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Self

import torch
from transformers import GenerationConfig, PretrainedConfig

from pipeline.engine import kernels
from pipeline.engine.batching import CPU_BUDGET, GPU_BUDGET
from pipeline.engine.decode import AnyNetwork, decode
from pipeline.engine.fallback import Fallback
from pipeline.engine.inflight import InFlight
from pipeline.engine.network import Network, is_native
from pipeline.engine.packed import PackedNetwork
from pipeline.engine.precision import cpu_threads, dtype_of, resolve_device, resolve_precision
from pipeline.engine.rules import supports
from pipeline.engine.scheduling import Scheduler
from pipeline.engine.search import Allowed, Hypothesis, Search
from pipeline.engine.weights import Weights, read_config, read_generation_config

# Inputs that `stream` sorts together by default: enough for batches of near-equal length, and a
# few megabytes of ids.
WINDOW = 2048


class Engine:
    """A loaded model. Make one with `Engine.load`.

    Attributes:
        device: Where it computes.
        precision: ``"float32"``, ``"int8"``, ``"bfloat16"`` or ``"float16"``.
        generation_config: The model's own generation settings, as read.
        vocab_size: The number of target ids.
        max_source_positions: The most ids of an input; ``None`` if the model sets no limit.
        token_budget: The most ``inputs x beams x longest input`` decoded at once; it falls when
            memory runs out, and stays low.
        is_native: Whether our own decoding runs it (the BART family) or ``model.generate``.
    """

    def __init__(
        self,
        model: Network | PackedNetwork | Fallback,
        *,
        precision: str,
        generation_config: GenerationConfig,
        token_budget: int | None = None,
        threads: int | None = None,
        in_flight: bool = False,
    ) -> None:
        """Wrap a model that is already loaded; the arguments are those of `load`."""
        default = GPU_BUDGET if model.device.type == "cuda" else CPU_BUDGET
        self._model = model
        self._flight = InFlight(model) if in_flight and isinstance(model, Network) else None
        # One thread per batch and as many batches at once, where batches are ours to share out.
        shared = model.device.type == "cpu" and not isinstance(model, Fallback)
        self._workers = (threads or torch.get_num_threads()) if shared else 1
        self._threads = 1 if shared else threads
        self.device: torch.device = model.device
        self.precision = precision
        self.generation_config = generation_config
        self.vocab_size = model.vocabulary
        self.max_source_positions = model.positions
        self.token_budget = default if token_budget is None else token_budget
        self.is_native = not isinstance(model, Fallback)
        if self.token_budget < 1:
            raise ValueError(f"token_budget={token_budget}: use 1 or more, or None for a default")
        if threads is not None and threads < 1:
            raise ValueError(f"threads={threads}: use 1 or more, or None for torch's setting")

    @classmethod
    def load(
        cls,
        folder: Path | str,
        *,
        device: str = "auto",
        precision: str = "auto",
        token_budget: int | None = None,
        threads: int | None = None,
        in_flight: bool = False,
        compiled: bool = True,
    ) -> Self:
        """Load a model folder as Hugging Face saves it.

        Args:
            folder: Holds ``config.json``, usually ``generation_config.json``, and the weights as
                ``model.safetensors`` or ``pytorch_model.bin``, whole or in shards. Nothing is
                downloaded and no code in it is run.
            device: ``"auto"`` (a GPU if there is one), ``"cpu"``, ``"cuda"``, ``"cuda:1"``.
            precision: ``"auto"`` (float32 on a CPU, bfloat16 or float16 on a GPU), one of these, or
                ``"int8"`` (a CPU; needs a C++ compiler once, for its kernels).
            token_budget: The most ``inputs x beams x longest input`` decoded at once.
            threads: Batches decoded at the same time on a CPU, each by one thread; ``None`` takes
                torch's number of threads.
            in_flight: Decode at static shapes, refilling the places of finished inputs while the
                others run; on a GPU each step is then a CUDA graph. Not with int8.
            compiled: In float32 on a CPU, use our own kernels where they are the faster way (a
                processor with AVX-512, and a C++ compiler once); torch, if not. The results are the
                same but for the last digits of scores.

        Raises:
            FileNotFoundError: The folder, its configuration or its weights are missing.
            ValueError: A file is damaged, does not fit the others, or an argument has no meaning.
            KernelError: int8 was asked for and its kernels cannot be compiled here.
        """
        folder = Path(folder)
        config = read_config(folder)
        where = resolve_device(device)
        precision = resolve_precision(precision, device=where)
        return cls(
            _load_model(
                folder,
                config=config,
                device=where,
                precision=precision,
                compiled=compiled and not in_flight,
            ),
            precision=precision,
            generation_config=read_generation_config(folder, config=config),
            token_budget=token_budget,
            threads=threads,
            in_flight=in_flight,
        )

    @property
    def search(self) -> Search:
        """The search that the model's own generation settings ask for.

        Raises:
            ValueError: They ask for something other than greedy or beam search; the remedy in
                the message is an override for `Search.from_generation_config`.
        """
        return Search.from_generation_config(self.generation_config)

    def generate(
        self,
        sequences: Sequence[Sequence[int]],
        search: Search,
        *,
        allowed: Allowed | None = None,
    ) -> list[list[Hypothesis]]:
        """Decode all inputs.

        Args:
            sequences: Source ids of each input, as the model expects them (with its end of
                sequence, language codes, ...).
            search: How to decode. Special ids it leaves open are the model's.
            allowed: ``allowed(index, prefix)`` returns the ids that may follow ``prefix`` (ids so
                far, with the decoder start token) in the output of ``sequences[index]``. As
                HF's ``prefix_allowed_tokens_fn``.

        Returns:
            For each input, in input order, its hypotheses, best first: ``num_return_sequences``
            of them, or fewer if ``allowed`` leaves no more.

        Raises:
            ValueError: An input is empty, too long for the model or has unknown ids (all are
                checked before any is decoded), or the search does not fit the model.
            MemoryError: One input alone does not fit into memory.
        """
        for index, ids in enumerate(sequences):
            self._check(index, ids)
        results: list[list[Hypothesis]] = [[] for _ in sequences]
        window = max(1, len(sequences))
        for index, found in self.stream(sequences, search, window=window, allowed=allowed):
            results[index] = found
        return results

    def stream(
        self,
        sequences: Iterable[Sequence[int]],
        search: Search,
        *,
        window: int = WINDOW,
        allowed: Allowed | None = None,
    ) -> Iterator[tuple[int, list[Hypothesis]]]:
        """Decode inputs as they come, in bounded memory.

        Args:
            sequences: Source ids of each input. At most ``window`` are read ahead of the results.
            search: As for `generate`.
            window: How many inputs are sorted by length and batched together.
            allowed: As for `generate`; the index is the position in ``sequences``.

        Yields:
            The position of an input and its hypotheses, in the order in which they finish.

        Raises:
            ValueError: As for `generate`, when the input is read.
            MemoryError: One input alone does not fit into memory.
        """
        if window < 1:
            raise ValueError(f"window={window}: use 1 or more")
        search = search.filled(Search.from_generation_config(_ids_of(self.generation_config)))
        longest = search.longest(positions=self._model.positions)
        if (
            self._flight is not None
            and allowed is None
            and supports(search, longest=longest, vocabulary=self.vocab_size)
        ):
            numbered = enumerate(self._checked(sequences))
            yield from self._flight.stream(numbered, search=search, window=window)
            return
        if allowed is not None and self._workers > 1:
            allowed = _one_at_a_time(allowed)
        scheduler = Scheduler(
            lambda batch, rows: self._decode(batch, rows, search=search, allowed=allowed),
            beams=search.beams,
            budget=self.token_budget,
            merge=allowed is None,
            workers=self._workers,
        )
        try:
            yield from scheduler.stream(self._checked(sequences), window=window)
        finally:
            self.token_budget = min(self.token_budget, scheduler.budget)

    def _decode(
        self,
        sequences: Sequence[Sequence[int]],
        rows: Sequence[int],
        *,
        search: Search,
        allowed: Allowed | None,
    ) -> Iterator[tuple[int, list[Hypothesis]]]:
        if isinstance(self._model, Fallback):
            batch = self._model.decode(
                sequences=sequences, rows=rows, search=search, allowed=allowed
            )
        else:
            # The network's own type is lost in the union; each goes with its own memory.
            network: AnyNetwork[Any] = self._model
            batch = decode(network, sequences=sequences, rows=rows, search=search, allowed=allowed)
        # The caller's own work between two results runs under the caller's thread setting.
        while True:
            with cpu_threads(self._threads):
                result = next(batch, None)
            if result is None:
                return
            yield result

    def _checked(self, sequences: Iterable[Sequence[int]]) -> Iterator[Sequence[int]]:
        for index, ids in enumerate(sequences):
            self._check(index, ids)
            yield ids

    def _check(self, index: int, ids: Sequence[int]) -> None:
        limit, known = self.max_source_positions, self._model.source_vocabulary
        if len(ids) == 0:
            raise ValueError(
                f"input {index} is empty: leave it out, or give at least the end of sequence"
            )
        if limit is not None and len(ids) > limit:
            raise ValueError(
                f"input {index} has {len(ids)} ids but the model reads at most {limit}: "
                "split it (nothing is truncated here)"
            )
        if min(ids) < 0 or max(ids) >= known:
            raise ValueError(
                f"input {index} has an id outside 0 to {known - 1}: it was made by another "
                "model's tokenizer"
            )


def _one_at_a_time(allowed: Allowed) -> Allowed:
    """Return the caller's constraint, safe to be asked from several threads."""
    lock = Lock()

    def ask(index: int, prefix: Sequence[int]) -> Sequence[int]:
        with lock:
            return allowed(index, prefix)

    return ask


def _load_model(
    folder: Path,
    *,
    config: PretrainedConfig,
    device: torch.device,
    precision: str,
    compiled: bool,
) -> Network | PackedNetwork | Fallback:
    if not is_native(config):
        if precision == "int8":
            raise ValueError(
                f'{folder}: precision="int8" is for Marian, BART, mBART, Pegasus and M2M100, and '
                f'this is {config.model_type}: use "float32"'
            )
        return Fallback(folder, config=config, device=device, dtype=dtype_of(precision))
    weights = Weights.read(folder)
    if precision == "int8":
        return PackedNetwork(config, weights=weights, exact=False)
    if compiled and precision == "float32" and device.type == "cpu" and kernels.fast_in_float32():
        return PackedNetwork(config, weights=weights, exact=True)
    return Network(config, weights=weights, device=device, dtype=dtype_of(precision))


def _ids_of(config: GenerationConfig) -> dict[str, object]:
    """Return the special ids of a configuration, with HF's stand-ins for those not set."""
    start, pad = config.decoder_start_token_id, config.pad_token_id
    ends = config.eos_token_id
    first = ends[0] if isinstance(ends, list) else ends
    return {
        "eos_token_id": ends,
        "pad_token_id": first if pad is None else pad,
        "decoder_start_token_id": config.bos_token_id if start is None else start,
    }
