"""A codec and an engine without a model, so that the stages' own work can be seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import torch

from pipeline.engine import Engine, Hypothesis, Search
from pipeline.stage import LoadedModel

END = 0
SEARCH = Search(beams=2, eos_token_id=END, decoder_start_token_id=1, max_length=64)


class WordCodec:
    """A token is a word with the space before it, numbered as words come up; 0 ends a sequence."""

    def __init__(self) -> None:
        self.words = ["</s>", "<s>"]

    def encode(self, texts: Sequence[str], *, prefix: str | None = None) -> list[list[int]]:
        return [[*map(self.index, f"{prefix or ''} {text}".split()), END] for text in texts]

    def decode(self, sequences: Sequence[Sequence[int]]) -> list[str]:
        return [" ".join(self.words[i] for i in ids if i > 1) for ids in sequences]

    def index(self, word: str) -> int:
        if word not in self.words:
            self.words.append(word)
        return self.words.index(word)


class FakeEngine:
    """Answers with what a function makes of the words; remembers what it was asked.

    Args:
        codec: Shared with the stage under test.
        answer: Source words → an output, or several, best first; one that ends in ``~`` ran into
            the length limit.
        positions: The longest input, in tokens, its end included.
    """

    def __init__(
        self,
        codec: WordCodec,
        answer: Callable[[str], str | list[str]],
        *,
        positions: int | None = 64,
    ) -> None:
        self.codec = codec
        self.answer = answer
        self.max_source_positions = positions
        self.device = torch.device("cpu")
        self.is_native = True
        self.precision = "float32"
        self.calls: list[list[str]] = []
        self.searches: list[Search] = []

    def generate(
        self,
        sequences: Sequence[Sequence[int]],
        search: Search,
        *,
        allowed: Callable[[int, Sequence[int]], Sequence[int]] | None = None,
    ) -> list[list[Hypothesis]]:
        sources = self.codec.decode(sequences)
        assert all(len(s) <= (self.max_source_positions or 1 << 30) for s in sequences)
        self.calls.append(sources)
        self.searches.append(search)
        if allowed is not None:
            return [[self._follow(allowed, index)] for index in range(len(sequences))]
        return [self._hypotheses(self.answer(source)) for source in sources]

    def _hypotheses(self, answers: str | list[str]) -> list[Hypothesis]:
        listed = [answers] if isinstance(answers, str) else answers
        return [self._hypothesis(text, place) for place, text in enumerate(listed)]

    def _hypothesis(self, text: str, place: int) -> Hypothesis:
        # "~" at the end marks an output that was cut by the length limit.
        cut = text.endswith("~")
        ids = [self.codec.index(word) for word in text.removesuffix("~").split()]
        return Hypothesis(tokens=ids if cut else [*ids, END], score=-float(place))

    @staticmethod
    def _follow(allowed: Callable[[int, Sequence[int]], Sequence[int]], index: int) -> Hypothesis:
        """Always the first token that is allowed: the earliest sentence, by word number."""
        prefix = [1]
        while prefix[-1] != END:
            prefix.append(min(allowed(index, prefix), key=lambda token: token or 1 << 30))
        return Hypothesis(tokens=prefix[1:], score=0.0)


def fake_model(engine: FakeEngine, *, label: str = "fake@1") -> LoadedModel:
    """A model of the fake engine, as `pipeline.stage.load_model` makes one of a folder."""
    return LoadedModel(
        engine=cast("Engine", engine), codec=engine.codec, search=SEARCH, label=label
    )
