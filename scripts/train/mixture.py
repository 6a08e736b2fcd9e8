"""What the translator is shown: batches of sentence pairs, each changed a little as it is drawn.

A round of batches is a pure function of the seed, its number and the progress, so worker processes
can draw rounds ahead (`feed.py`) and a run that was killed draws the same ones again. No torch
here: a worker has no use for it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sentencepiece

from .augment import names_of, swap_digits, swap_names, vary_headline
from .figures import figure_pair
from .vocabulary import TAG

Array = np.ndarray
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class PairBatch:
    """Token ids of sources and targets, each row ending in `</s>` and filled up with `<pad>`.

    Attributes:
        source: (rows, longest source), uint16.
        target: (rows, longest target), uint16.
        tokens: Ids on both sides, padding left out.
    """

    source: Array
    target: Array
    tokens: int


class Pieces:
    """Text to ids by a Marian folder's sentencepiece model, called directly."""

    def __init__(self, folder: Path) -> None:
        self.spm = sentencepiece.SentencePieceProcessor(str(folder / "source.spm"))
        vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
        unknown = vocabulary["<unk>"]
        self.ids = [vocabulary.get(self.spm.id_to_piece(i), unknown) for i in range(len(self.spm))]
        self.end, self.pad = int(vocabulary["</s>"]), int(vocabulary["<pad>"])
        self._cuts: dict[int, list[tuple[int, int]]] = {}
        self._vocabulary: dict[str, int] = vocabulary
        self.size = max(vocabulary.values()) + 1
        if self.size > 2**16:
            raise ValueError(f"{folder}: {self.size} entries do not fit in 16 bits")

    def id_of(self, entry: str) -> int | None:
        """Return the id of an entry of vocab.json, None if there is none."""
        return self._vocabulary.get(entry)

    def encode(
        self, text: str, *, split: float = 0.0, generator: np.random.Generator | None = None
    ) -> list[int]:
        """Return token ids with `</s>`, each piece cut in two with probability `split`.

        Another cut of a word teaches what it is made of, as sentencepiece's own sampling does (Kudo
        2018). That draws other cuts in each process, whatever its seed, so a run that was killed
        could not go on as it was.
        """
        pieces = self.spm.encode(text)
        if split and generator is not None:
            cuts = generator.random(len(pieces)) < split
            pieces = [
                part
                for piece, cut in zip(pieces, cuts.tolist(), strict=True)
                for part in (self._cut(piece, generator) if cut else (piece,))
            ]
        return [*(self.ids[piece] for piece in pieces), self.end]

    def _cut(self, piece: int, generator: np.random.Generator) -> tuple[int, ...]:
        """Return a piece as two at random, or as it is where no cut leaves two known pieces."""
        if piece not in self._cuts:
            text = self.spm.id_to_piece(piece)
            halves = ((text[:at], text[at:]) for at in range(1, len(text)))
            numbers = ((self.spm.piece_to_id(a), self.spm.piece_to_id(b)) for a, b in halves)
            unknown = self.spm.unk_id()
            self._cuts[piece] = [pair for pair in numbers if unknown not in pair]
        known = self._cuts[piece]
        return known[int(generator.integers(len(known)))] if known else (piece,)


class PairMixture:
    """The mixture of groups of pairs, in the proportions of the stage that the run is in.

    Args:
        tokenizer: A Marian folder.
        pairs: Files of Dutch, English and group, tab-separated.
        settings: The section `task` of a YAML.
        seed: Of everything that is drawn.
    """

    def __init__(
        self, tokenizer: Path, *, pairs: Sequence[Path], settings: dict[str, Any], seed: int
    ) -> None:
        self.settings, self.seed = settings, seed
        self.pieces = Pieces(tokenizer)
        self.reverse = settings.get("direction", "nl-en") == "en-nl"
        self.tagged = frozenset(settings.get("tagged", ()))
        tag = settings.get("tag", TAG)
        self.tag = self.pieces.id_of(tag)
        if self.tagged and self.tag is None:
            raise ValueError(
                f"{tokenizer} has no {tag!r}, which the groups `tagged` need; name another entry "
                "of its vocab.json that stands for little as the YAML's `tag`"
            )
        self.groups: dict[str, list[Pair]] = {}
        for path in pairs:
            with path.open(encoding="utf-8") as lines:
                for line in lines:
                    dutch, english, group = line.rstrip("\n").split("\t")
                    self.groups.setdefault(group, []).append((dutch, english))
        wanted = {name for stage in settings["stages"] for name in stage["mixture"]}
        missing = wanted - set(self.groups) - {"figures"}
        if missing:
            raise ValueError(
                f"no pairs of {sorted(missing)} in {[str(path) for path in pairs]}: run the step "
                "that makes them, or take the group out of the YAML's mixture"
            )
        news = (pair for name, rows in self.groups.items() if name[:4] == "news" for pair in rows)
        self.names = sorted(
            {name for dutch, english in news for name in names_of(dutch) if name in english}
        )
        self._orders: dict[tuple[str, int], Array] = {}

    def round(self, number: int, *, progress: float) -> list[PairBatch]:
        """Draw the batches of a round, each of at most `batch_tokens`, both sides, padded."""
        generator = np.random.default_rng((self.seed, number))
        stages = self.settings["stages"]
        stage = next(s for s in stages if progress < s["until"] or s is stages[-1])
        total = sum(stage["mixture"].values())
        split, longest = self.settings["split"], self.settings["longest"]
        rows = []
        for group, share in sorted(stage["mixture"].items()):
            quota = round(self.settings["round"] * share / total)
            if group == "figures":
                drawn = [figure_pair(generator) for _ in range(quota)]
            else:
                turns = self._turns(group, number * quota, quota)
                drawn = [self._vary(group, index, generator) for index in turns]
            sampled = generator.random(len(drawn)) < stage["sample"]
            tag = [self.tag] if group in self.tagged and self.tag is not None else []
            for (dutch, english), sample in zip(drawn, sampled.tolist(), strict=True):
                source, target = (english, dutch) if self.reverse else (dutch, english)
                cuts = split if sample else 0.0
                ids = [*tag, *self.pieces.encode(source, split=cuts, generator=generator)]
                row = (ids, self.pieces.encode(target))
                if max(len(row[0]), len(row[1])) <= longest:
                    rows.append(row)
        return self._batches(rows, generator)

    def _batches(
        self, rows: list[tuple[list[int], list[int]]], generator: np.random.Generator
    ) -> list[PairBatch]:
        rows.sort(key=lambda row: (len(row[1]), len(row[0])))
        groups: list[list[tuple[list[int], list[int]]]] = [[]]
        width = 0
        for row in rows:
            width = max(width, len(row[0]) + len(row[1]))
            if groups[-1] and (len(groups[-1]) + 1) * width > self.settings["batch_tokens"]:
                groups.append([])
                width = len(row[0]) + len(row[1])
            groups[-1].append(row)
        batches = [
            PairBatch(
                self._padded([source for source, _ in group]),
                self._padded([target for _, target in group]),
                sum(len(source) + len(target) for source, target in group),
            )
            for group in groups
            if group
        ]
        return [batches[i] for i in generator.permutation(len(batches))]

    def _padded(self, rows: list[list[int]]) -> Array:
        multiple = self.settings.get("multiple", 1)
        longest = -(-max(map(len, rows)) // multiple) * multiple
        filled = np.full((len(rows), longest), self.pieces.pad, np.uint16)
        for index, row in enumerate(rows):
            filled[index, : len(row)] = row
        return filled

    def _turns(self, group: str, start: int, quota: int) -> list[int]:
        """Return the next `quota` rows of a group, each row once before any comes twice."""
        size = len(self.groups[group])
        # The order is the group's own, whatever stage draws from it.
        code = zlib.crc32(group.encode())
        turns: list[int] = []
        while quota > 0:
            epoch, offset = divmod(start, size)
            if (group, epoch) not in self._orders:
                # The last pass over a group is all that the next round can still need.
                self._orders = {key: o for key, o in self._orders.items() if key[0] != group}
                order = np.random.default_rng((self.seed, code, epoch)).permutation(size)
                self._orders[group, epoch] = order
            turns += self._orders[group, epoch][offset : offset + quota].tolist()
            taken = min(quota, size - offset)
            start, quota = start + taken, quota - taken
        return turns

    def _vary(self, group: str, index: int, generator: np.random.Generator) -> Pair:
        rows, settings = self.groups[group], self.settings
        dutch, english = rows[index]
        if group.startswith("news") and generator.random() < settings["join"]:
            # Neighbours in the news are neighbours in an article: a paragraph now and then.
            last = index + 1 + int(generator.integers(1, 3))
            dutch, english = (" ".join(side) for side in zip(*rows[index:last], strict=True))
        if generator.random() < settings["swap"]:
            dutch, english = swap_names(dutch, english, self.names, generator)
        if generator.random() < settings["swap"]:
            dutch, english = swap_digits(dutch, english, generator)
        if generator.random() < settings["headline"]:
            dutch, english = vary_headline(dutch, english, generator)
        return dutch, english
