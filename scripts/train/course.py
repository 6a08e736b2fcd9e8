"""The whole course on one machine with a GPU, in calls of minutes, each going on from the last.

    python -m scripts.train.course --minutes 9 --workers 12

1. `reverse`: an English-Dutch model; 2. `back`: English news put into Dutch by it; 3. `teacher`: a
large Dutch-English model on real and made pairs; 4. `distil`: its n-best for the Dutch we have;
5. `student`: the translator that ships; 6. `summarise`: the summariser that ships. A stage that is
done leaves a mark; a stage that the time does not allow to finish leaves a checkpoint or a `.part`.

What is worth bringing home lies in the folder of parcels at the end of each call.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .export import export_summariser, export_translator
from .generate import back_translate, distil, read_rows
from .loop import read_config
from .mono import prepare_mono
from .parcel import pack, unpack
from .summarise import train_summariser
from .translate import train_translator

HERE = Path(__file__).parent
# Groups whose Dutch the teacher translates for the student. Not the words and the menus.
DISTILLED = ("news", "back", "general", "tatoeba", "stsb_deepl", "technical")
MADE = {"back": "back.tsv", "distil": "distilled.tsv"}
SO_FAR = "student-so-far"
SHIPPED = ("student", "summarise")
STAGES = ("reverse", "back", "teacher", "distil", "student", "summarise")


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The stages, each a method that returns whether it is done.

    Attributes:
        out: Folder of the runs, with `pairs.tsv`, `articles.jsonl`, `tokenizer.json`,
            `vocabulary/` and the development sets under `data/`.
        deadline: Of this call, by `time.monotonic`.
        workers: Processes beside the one that trains.
        rehearsal: What `rehearsal.yaml` says, or nothing.
    """

    out: Path
    deadline: float
    workers: int
    rehearsal: dict[str, Any]

    def settings(self, name: str) -> dict[str, Any]:
        """Return a YAML's settings, those of the rehearsal over them."""
        settings = read_config(HERE / f"{name}.yaml")
        small = self.rehearsal.get("summarise" if name.startswith("summarise") else "translate", {})
        for section, values in small.items():
            settings[section] = {**settings[section], **values}
        return settings

    def reverse(self) -> bool:
        """Train the English-Dutch model."""
        return self._translator("reverse", [self.out / "pairs.tsv"])

    def back(self) -> bool:
        """Put the English news into Dutch."""
        if not (self.out / "mono.txt").exists():
            prepare_mono(self.out)
        sentences = (self.out / "mono.txt").read_text(encoding="utf-8").split("\n")[:-1]
        return back_translate(
            self._folder("reverse"),
            sentences[: self._most("mono")],
            self.out / "back.tsv",
            workers=self.workers,
            deadline=self.deadline,
            checked=not self.rehearsal,
        )

    def teacher(self) -> bool:
        """Train the large Dutch-English model."""
        return self._translator("teacher", [self.out / "pairs.tsv", self.out / "back.tsv"])

    def distil(self) -> bool:
        """Have the teacher translate."""
        files = [self.out / "pairs.tsv", self.out / "back.tsv"]
        rows = list(read_rows(files, DISTILLED))
        if (most := self._most("pairs")) is not None:
            # Every so many-th, so that each group has some.
            rows = rows[:: max(1, len(rows) // most)]
        return distil(
            self._folder("teacher"),
            rows,
            self.out / "distilled.tsv",
            workers=self.workers,
            deadline=self.deadline,
            checked=not self.rehearsal,
        )

    def student(self) -> bool:
        """Train the translator that ships and write its folder."""
        files = [self.out / name for name in ("pairs.tsv", "back.tsv", "distilled.tsv")]
        if not self._translator("student", files):
            weights = self.out / "student" / "best.pt"
            if weights.exists():
                shape = self.settings("student")["model"]
                target = self.out / "models" / SO_FAR
                export_translator(weights, self.out / "vocabulary", target, shape=shape)
            return False
        self._folder("student")
        return True

    def summarise(self) -> bool:
        """Train the summariser that ships and write its folder."""
        settings = self.settings("summarise-large")
        name = "summarise-large"
        if not train_summariser(
            settings, out=self.out, name=name, workers=self.workers, deadline=self.deadline
        ):
            return False
        weights, tokenizer = self.out / name / "best.pt", self.out / "tokenizer.json"
        export_summariser(weights, tokenizer, settings, self.out / "models" / "summarise")
        return True

    def _most(self, what: str) -> int | None:
        most: int | None = self.rehearsal.get("most", {}).get(what)
        return most

    def _translator(self, name: str, pairs: list[Path]) -> bool:
        return train_translator(
            self.settings(name),
            out=self.out,
            name=name,
            data=self.out / "data",
            pairs=pairs,
            tokenizer=self.out / "vocabulary",
            workers=self.workers,
            deadline=self.deadline,
        )

    def _folder(self, name: str) -> Path:
        """Return the model folder of a translator, written from its best weights if need be."""
        folder = self.out / "models" / name
        if not (folder / "config.json").exists():
            shape = self.settings(name)["model"]
            weights = self.out / name / "best.pt"
            export_translator(weights, self.out / "vocabulary", folder, shape=shape)
        return folder


def run_course(course: Course, *, only: tuple[str, ...] = STAGES) -> list[str]:
    """Run the stages that are not done, until the deadline, and return those done now."""
    marks = course.out / "done"
    marks.mkdir(parents=True, exist_ok=True)
    if (course.out / "back.tsv").exists():
        # Brought home from an earlier call: the model that made it is no longer needed.
        (marks / "reverse").touch()
    finished = []
    for name in only:
        mark = marks / name
        if name in MADE and (course.out / MADE[name]).exists():
            mark.touch()
        if mark.exists():
            continue
        if time.monotonic() >= course.deadline:
            break
        started = time.monotonic()
        left = course.deadline - started
        print(f"== {name}: {left / 60:.1f} min left in this call", flush=True)
        stage: Callable[[], bool] = getattr(course, name)
        done = stage()
        took = time.monotonic() - started
        print(f"== {name}: {'done' if done else 'to go on'} after {took:.0f} s", flush=True)
        if not done:
            break
        mark.touch()
        finished.append(name)
    return finished


def bring_home(out: Path, parcels: Path, *, stages: Iterable[str]) -> list[Path]:
    """Write what some stages made, pairs or a shipped model, and all logs; return the pieces.

    An unfinished student comes home too, as it was when last scored: the machine may be gone.
    """
    pieces = []
    early = out / "models" / SO_FAR
    if early.is_dir() and not (out / "models" / "student").is_dir():
        pieces += pack([early], parcels / SO_FAR, root=out, compress=False)
    for name in stages:
        if name in MADE and (out / MADE[name]).exists():
            pieces += pack([out / MADE[name]], parcels / name, root=out)
        elif name in SHIPPED and (folder := out / "models" / name).is_dir():
            pieces += pack([folder], parcels / name, root=out, compress=False)
    logs = sorted(out.glob("*/log.jsonl"))
    if logs:
        pieces += pack(logs, parcels / "logs", root=out)
    return pieces


def main() -> None:
    started = time.monotonic()
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=Path(".train"))
    parser.add_argument("--parcel", type=Path, help="folder of parcels to unpack first")
    parser.add_argument("--home", type=Path, help="folder for what is worth bringing home")
    parser.add_argument(
        "--bring", nargs="+", choices=STAGES, help="whose work; default: what this call finished"
    )
    parser.add_argument("--minutes", type=float, default=1e9, help="of this call")
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--only", nargs="+", choices=STAGES, default=STAGES)
    parser.add_argument("--rehearse", action="store_true", help="tiny models, to try the course")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    if options.parcel and not (options.out / "pairs.tsv").exists():
        print(f"unpacked {len(unpack(options.parcel, options.out))} files", flush=True)
    course = Course(
        out=options.out,
        deadline=started + 60 * options.minutes,
        workers=options.workers,
        rehearsal=read_config(HERE / "rehearsal.yaml") if options.rehearse else {},
    )
    done = run_course(course, only=tuple(options.only))
    left = [name for name in STAGES if not (options.out / "done" / name).exists()]
    print(f"done in this call: {', '.join(done) or 'none'}; left: {', '.join(left) or 'none'}")
    if options.home:
        wanted = options.bring or done
        for piece in bring_home(options.out, options.home, stages=wanted):
            print(piece.name, f"{piece.stat().st_size / 2**20:.1f} MiB", flush=True)


if __name__ == "__main__":
    main()
