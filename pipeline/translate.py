"""Dutch texts → English texts: one for one, nothing dropped, nothing cut.

The sentences of all texts are pooled and deduplicated, translated by the engine in one go, and put
back in place by index, with the white space that stood between them. A sentence that is longer than
the model can read, or whose translation ran into the length limit or a loop or lost a figure, is
divided at a clause boundary and its parts are rejoined. A piece with nothing to translate passes
through as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as replace_fields

from pipeline.config import Config
from pipeline.engine import Engine, Hypothesis
from pipeline.fidelity import Doubt, check_translation
from pipeline.models import ModelError
from pipeline.numerals import missing_numbers
from pipeline.split import split_sentences
from pipeline.stage import LoadedModel, load_model

# A list marker is carried over: models trained on sentences tend to swallow it.
_MARKER = re.compile(r"(?:[-–—•*·▪■]|\d{1,3}[.)])\s+")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\S+|[#@]\w+")
_LETTERS = re.compile(r"[^\W\d_]{2}")

# Where a sentence may be divided, best first; each pattern's match ends the left part.
_BOUNDARIES = (
    re.compile(r"[;:]\s+"),
    re.compile(r"[,–—]\s+"),
    re.compile(r"\s+(?=(?:en|maar|want|omdat|terwijl|waarbij|die|dat|of|toen|als)\s)"),
    re.compile(r"\s+"),
)
# Words that have a capital only because they open a sentence, which a part in its middle does not.
_OPENERS = frozenset(
    "a an the and but or because while which who that this these those it he she we they there "
    "his her its their in on at to of for from with as if when where after before by according "
    "anyone some since".split()
)
_SHORTEST_DIVIDED = 40  # characters; a failure on less is not one of length
_SELF_CHECK = "Dit is een korte zin over het weer van morgen."


@dataclass(frozen=True, slots=True)
class Translation:
    """The English of one text.

    Attributes:
        text: English, with the white space of the source between its sentences.
        doubts: What looks wrong in it, in order of its sentences.
    """

    text: str
    doubts: list[Doubt]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A translated sentence: its best hypothesis' text, and what is wrong with it."""

    text: str
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True)
class _Round:
    """What has come of some pieces: translations, and those that were divided in two.

    The first round and the later ones, which search wider, are kept apart: a sentence that is also
    a part of another one in the window must not come out otherwise for that.
    """

    done: dict[str, _Piece] = field(default_factory=dict)
    divided: dict[str, tuple[str, str]] = field(default_factory=dict)


class Translator:
    """The translation stage: list of texts in, list of `Translation` out, same length and order.

    Args:
        model: The model; all its beams come back from a search, and the best without a doubt is
            taken.
        prefix: A language token put before each sentence, or None.
    """

    def __init__(self, model: LoadedModel, *, prefix: str | None = None) -> None:
        self.label = model.label
        self._engine = model.engine
        self._codec = model.codec
        self._prefix = prefix
        # All beams come back: the n-best costs nothing, and one of them may be without a doubt.
        # No end is forced at the length limit: an output that was cut must be seen to be.
        self._search = replace_fields(
            model.search, num_return_sequences=model.search.beams, forced_eos_token_id=()
        )
        # Of the few that are tried again, more is asked.
        self._wide_search = replace_fields(
            self._search,
            beams=2 * self._search.beams,
            num_return_sequences=2 * self._search.beams,
        )
        self._limit = model.engine.max_source_positions or 1 << 30

    @classmethod
    def load(cls, config: Config) -> Translator:
        """Load the model that a configuration names, and see that it works.

        Raises:
            ModelError: The model is missing, broken, or fails its self-check.
        """
        settings = config.translate
        model = load_model(settings.model, search=settings.search, runtime=config.runtime)
        stage = cls(model, prefix=settings.prefix)
        stage.self_check()
        return stage

    @property
    def engine(self) -> Engine:
        """The engine that decodes."""
        return self._engine

    def self_check(self) -> None:
        """Translate one sentence, to learn of a broken model before a run of hours.

        Raises:
            ModelError: The output is empty, loops, or comes out unchanged.
        """
        piece = self._translate_pieces([_SELF_CHECK])[_SELF_CHECK]
        grave = [doubt for doubt in piece.doubts if doubt.kind != "number"]
        if grave:
            raise ModelError(
                f"the translation model {self.label!r} fails its self-check: {_SELF_CHECK!r} came "
                f"out as {piece.text!r} ({grave[0].detail}); its weights or tokenizer are broken, "
                "fetch it again or name another model"
            )

    def __call__(
        self, texts: Sequence[str], *, progress: Callable[[int], None] | None = None
    ) -> list[Translation]:
        """Translate texts, one for one.

        Args:
            texts: Dutch texts of any length; a text without letters passes through.
            progress: Called with the number of sentences in this call, once they are done.
        """
        plans = [_plan(text) for text in texts]
        wanted = dict.fromkeys(part for plan in plans for part in plan if _worth_translating(part))
        translated = self._translate_pieces(list(wanted))
        if progress is not None:
            progress(sum(_worth_translating(part) for plan in plans for part in plan))
        return [_assemble(plan, translated) for plan in plans]

    def _translate_pieces(self, pieces: Sequence[str]) -> dict[str, _Piece]:
        """Translate distinct sentences; those too long to read, or that fail, in two parts."""
        first, again = _Round(), _Round()
        queue, search, this = list(pieces), self._search, first
        while queue:
            readable, sequences = self._readable(queue)
            hypotheses = self._engine.generate(sequences, search)
            best = dict(zip(readable, self._choose(readable, hypotheses), strict=True))
            this.done.update(best)
            parts: dict[str, None] = {}
            for piece in queue:
                if piece in best and not _worth_dividing(piece, best[piece]):
                    continue
                halves = _divide(piece)
                if halves is not None:
                    this.divided[piece] = halves
                    for half in halves:
                        if _worth_translating(half):
                            parts[half] = None
                        else:
                            again.done[half] = _Piece(half, ())
                elif piece not in best:
                    # One word, longer than the model reads: kept, since it cannot be divided.
                    this.done[piece] = _Piece(piece, (Doubt("untranslated", "too long a word"),))
            queue = [part for part in parts if part not in again.done and part not in again.divided]
            search, this = self._wide_search, again
        return {piece: _whole(piece, this=first, again=again) for piece in pieces}

    def _readable(self, pieces: Sequence[str]) -> tuple[list[str], list[list[int]]]:
        """The pieces that fit the model's positions, and their token ids."""
        # What is hopelessly long is divided unseen: tokenising megabytes again and again is slow.
        candidates = [piece for piece in pieces if len(piece) <= self._limit * 100]
        encoded = self._codec.encode(candidates, prefix=self._prefix)
        fitting = [
            (piece, sequence)
            for piece, sequence in zip(candidates, encoded, strict=True)
            if len(sequence) <= self._limit
        ]
        return [piece for piece, _ in fitting], [sequence for _, sequence in fitting]

    def _choose(
        self, sources: Sequence[str], nbests: Sequence[Sequence[Hypothesis]]
    ) -> list[_Piece]:
        """For each source the first hypothesis without a doubt, or the one with the fewest."""
        # Most first ones are sound: the others then need not become text. And a codec takes many
        # sequences in one call in a tenth of the time of as many calls.
        firsts = self._candidates(sources, [nbest[:1] for nbest in nbests])
        chosen = [piece for [piece] in firsts]
        doubted = [place for place, piece in enumerate(chosen) if piece.doubts]
        others = self._candidates(
            [sources[place] for place in doubted], [nbests[place][1:] for place in doubted]
        )
        for place, rest in zip(doubted, others, strict=True):
            chosen[place] = min(
                [chosen[place], *rest],
                key=lambda piece: (not piece.text.strip(), len(piece.doubts)),
            )
        return chosen

    def _candidates(
        self, sources: Sequence[str], nbests: Sequence[Sequence[Hypothesis]]
    ) -> list[list[_Piece]]:
        """For each source its hypotheses as text, checked."""
        texts = iter(self._codec.decode([h.tokens for nbest in nbests for h in nbest]))
        return [
            [self._candidate(source, next(texts), hypothesis) for hypothesis in nbest]
            for source, nbest in zip(sources, nbests, strict=True)
        ]

    def _candidate(self, source: str, text: str, hypothesis: Hypothesis) -> _Piece:
        doubts = check_translation(source, text)
        if not set(hypothesis.tokens[-1:]) & set(self._search.ends):
            doubts.insert(0, Doubt("cut", "ran into the model's length limit"))
        return _Piece(text, tuple(doubts))


def _plan(text: str) -> list[str]:
    """A text as parts that join to it: white space, list markers, and sentences."""
    parts: list[str] = []
    end = 0
    for sentence in split_sentences(text):
        parts.append(text[end : sentence.start])
        marker = _MARKER.match(sentence.text)
        if marker is not None and marker.end() < len(sentence.text):
            parts += [marker.group(), sentence.text[marker.end() :]]
        else:
            parts.append(sentence.text)
        end = sentence.end
    parts.append(text[end:])
    return [part for part in parts if part]


def _assemble(plan: Sequence[str], translated: dict[str, _Piece]) -> Translation:
    english: list[str] = []
    doubts: list[Doubt] = []
    for part in plan:
        piece = translated.get(part)
        if piece is None:
            english.append(part)
            continue
        if english and english[-1] and not english[-1][-1].isspace():
            # Two sentences that the source glued together.
            english.append(" ")
        english.append(piece.text)
        doubts.extend(piece.doubts)
    return Translation("".join(english), doubts)


def _worth_translating(part: str) -> bool:
    """Whether a part has a word in it, beside addresses and tags."""
    return _LETTERS.search(_ADDRESS.sub("", part)) is not None


def _worth_dividing(source: str, piece: _Piece) -> bool:
    """Whether a translation failed in a way that a shorter sentence may not."""
    failed = _broke(piece) or any(doubt.kind == "number" for doubt in piece.doubts)
    return failed and len(source) >= _SHORTEST_DIVIDED


def _broke(piece: _Piece) -> bool:
    """Whether a translation is no sentence of its own."""
    return any(doubt.kind in {"cut", "loop", "empty"} for doubt in piece.doubts)


def _divide(text: str) -> tuple[str, str] | None:
    """A text as two parts of about the same length, or None if it is one word.

    The boundary is the strongest kind that occurs in the middle half, nearest to the middle.
    """
    middle, quarter = len(text) // 2, len(text) // 4
    for boundary in _BOUNDARIES:
        ends = [match.end() for match in boundary.finditer(text, quarter, len(text) - quarter)]
        if ends:
            place = min(ends, key=lambda end: abs(end - middle))
            return text[:place].rstrip(), text[place:].lstrip()
    # No space in the middle half: one word fills it, and the nearest space sets it apart.
    left, right = text.rfind(" ", 0, middle), text.find(" ", middle)
    places = [place for place in (left, right) if place > 0]
    if not places:
        return None
    place = min(places, key=lambda place: abs(place - middle))
    return text[:place].rstrip(), text[place:].lstrip()


def _whole(piece: str, *, this: _Round, again: _Round) -> _Piece:
    if piece not in this.divided:
        return this.done[piece]
    left, right = (_whole(half, this=again, again=again) for half in this.divided[piece])
    # A part in mid-sentence often comes out with a full stop and a capital of its own.
    head, tail = left.text.rstrip(), right.text.lstrip()
    last = head.rpartition(" ")[2]
    if last.find(".") == len(last) - 1 and not this.divided[piece][0].endswith("."):
        head = head[:-1]
    first, space, rest = tail.partition(" ")
    if first.lower() in _OPENERS:
        tail = first.lower() + space + rest
    joined = _Piece(f"{head} {tail}".strip(), left.doubts + right.doubts)
    own = this.done.get(piece)
    if own is None or _broke(own):
        return joined
    # Divided for a lost figure: two parts that still lack it are worse than a whole.
    better = not _broke(joined) and _lost(piece, joined) < _lost(piece, own)
    return joined if better else own


def _lost(source: str, piece: _Piece) -> int:
    return len(missing_numbers(source, piece.text))
