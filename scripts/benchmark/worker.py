"""A process that holds one subject and does as it is told over a pipe.

One process a subject: peaks of memory, thread pools and allocators do not mix. The process that
drives holds no model and no torch, and sleeps while a worker works.
"""

from __future__ import annotations

import gc
import multiprocessing
import sys
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

from scripts.benchmark import memory
from scripts.benchmark.task import Output, Place, Setting, Subject, Task


class WorkerError(RuntimeError):
    """What went wrong in a worker, in one line; ``details`` is the worker's traceback."""

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details


class Worker:
    """A process that calls functions of this module, one after another.

    Args:
        name: For messages.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        # Spawned: a forked child would inherit the parent's memory and thread pools.
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), name=name, daemon=False)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        """Return the worker."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the process."""
        self.stop()

    def start(self, function: Callable[..., Any], /, **arguments: Any) -> None:  # noqa: ANN401
        """Have a module's function called with the worker's state; do not wait for it.

        Args:
            function: ``function(state, **arguments)``, where ``state`` is a dict kept between
                calls; both must be picklable.
            **arguments: Its arguments.
        """
        self._pipe.send((function, arguments))

    def result(self) -> Any:  # noqa: ANN401 -- whatever the function returns
        """Wait for the call that was started last.

        Raises:
            WorkerError: The function raised an error, or the process died.
        """
        try:
            kind, value = self._pipe.recv()
        except (EOFError, ConnectionResetError) as error:
            self._process.join()
            code = self._process.exitcode
            raise WorkerError(
                f"the process died with exit code {code}"
                + (" (out of memory?)" if code == -9 else "")
            ) from error
        if kind == "error":
            raise WorkerError(*value)
        return value

    def call(self, function: Callable[..., Any], /, **arguments: Any) -> Any:  # noqa: ANN401
        """Start a call and wait for it."""
        self.start(function, **arguments)
        return self.result()

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        self._pipe.close()
        self._process.join(timeout=2)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()


def load_subject(
    state: dict[str, Any],
    *,
    name: str,
    folder: Path,
    converted: Path | None,
    precision: str,
    place: Place,
) -> float:
    """Load a subject into the worker; return the seconds it took, imports included."""
    started = time.perf_counter()
    from scripts.benchmark import subjects  # noqa: PLC0415

    state["place"] = place
    state["subject"] = subjects.load(
        name, folder=folder, converted=converted, precision=precision, place=place
    )
    return time.perf_counter() - started


def list_settings(state: dict[str, Any], *, task: Task, quick: bool) -> list[Setting]:
    """What the worker's subject would try on a task; the task is kept for `run_task`."""
    subject: Subject = state["subject"]
    state["task"] = task
    return subject.settings(task, quick=quick)


def run_task(state: dict[str, Any], *, setting: Setting, sample: int) -> Output:
    """Decode the kept task once."""
    subject: Subject = state["subject"]
    gauge = memory.gauge(state["place"].device)
    gc.collect()
    gauge.reset()
    started = time.perf_counter()
    outputs = subject.run(state["task"], setting, sample=sample)
    seconds = time.perf_counter() - started
    return Output(outputs=outputs, seconds=seconds, peak_bytes=gauge.peak())


def _serve(pipe: Connection) -> None:
    state: dict[str, Any] = {}
    while True:
        try:
            function, arguments = pipe.recv()
        except (EOFError, KeyboardInterrupt):
            return
        try:
            pipe.send(("value", function(state, **arguments)))
        except KeyboardInterrupt:
            return
        # Whatever a peer raises is a reason to report, and no end of the run.
        except Exception as error:
            first = (str(error).strip() or "no message").splitlines()[0]
            message = f"{type(error).__name__}: {first}"
            pipe.send(("error", (message, traceback.format_exc())))
            sys.stderr.flush()
