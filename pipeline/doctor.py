"""What a person needs to know when something is slow or broken: versions, device, a self-test."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

import torch

from pipeline.config import Config
from pipeline.engine import kernels
from pipeline.summarise import Summariser
from pipeline.translate import Translator

_PACKAGES = ("kortom", "torch", "transformers", "sentencepiece", "tokenizers", "datasets")
_SELF_TEST_SECONDS = 5.0
_SENTENCES = 32


def examine(config: Config) -> Iterator[tuple[str, str]]:
    """Findings one by one, as name and value; the last ones run the models for five seconds.

    Raises:
        ModelError: A model of the configuration is missing or broken.
    """
    yield "python", f"{platform.python_version()} on {platform.machine()}"
    for package in _PACKAGES:
        try:
            yield package, version(package)
        except PackageNotFoundError:
            yield package, "not installed"
    yield "cores", str(os.cpu_count())
    yield "threads", str(config.runtime.threads or torch.get_num_threads())
    yield "cpu", torch.backends.cpu.get_cpu_capability()
    yield "kernels", kernels.summary()
    yield "gpu", torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none"
    started = time.perf_counter()
    translator, summariser = Translator.load(config), Summariser.load(config)
    yield "models load", f"{time.perf_counter() - started:.1f} s, self-checks passed"
    engine = translator.engine
    yield "device", f"{engine.device}, {engine.precision}"
    yield "translate", translator.label
    yield "summarise", summariser.label
    yield "self-test", _self_test(translator)


def _self_test(translator: Translator) -> str:
    done = 0
    started = time.perf_counter()
    while (seconds := time.perf_counter() - started) < _SELF_TEST_SECONDS:
        # Each round has other sentences, since the same one is decoded only once.
        translator(
            [
                f"Op dag {done + place} kwamen er {place + 2} mensen naar de markt in de stad."
                for place in range(_SENTENCES)
            ]
        )
        done += _SENTENCES
    return f"{done / seconds:.0f} sentences a second"
