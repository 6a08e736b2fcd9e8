"""English texts → English summaries: one for one, each ending on a whole sentence.

A text that is no longer than a summary comes back as it is. A text longer than the model can read
is summarised in windows, cut between sentences, and the windows' summaries are summarised again
until they fit (map-reduce). The length wanted is a share of the text's words between two bounds.

With ``whole_sentences`` a summary is some of the text's own sentences, in their order: plain
features (`pipeline.salience`) say which set of the right length is the likeliest, and where they
cannot tell some apart the model chooses, by a search that admits no others. A small model cannot
break the English or invent a figure that way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from dataclasses import replace as replace_fields

from pipeline.config import Config, SummariseSettings
from pipeline.engine import Engine, Hypothesis, Search
from pipeline.fidelity import Doubt, check_summary
from pipeline.models import ModelError
from pipeline.salience import likely_sets
from pipeline.sentence_search import Candidate, SentenceSearch
from pipeline.split import split_sentences
from pipeline.stage import LoadedModel, load_model

_ENDING = re.compile(r"[.!?…][\"'”’»)\]]*$")
_WORD = re.compile(r"[^\W\d_]{2,}")
_FEWEST_WORDS = 4
_SPACE_BEFORE_MARK = re.compile(r"\s+(?=[.,!?;:](?:\s|$))")
# Free decoding: bounds in tokens are rounded to this, so that like lengths are decoded together.
_LENGTH_STEP = 8
_SELF_CHECK = (
    "The city council has decided to close the old bridge for repairs. The work will start in May "
    "and will take six weeks. Cyclists can use the ferry in the meantime, the council said. "
    "Shops on the square fear that fewer visitors will come to the market during the summer."
)


@dataclass(frozen=True, slots=True)
class Summary:
    """The summary of one text.

    Attributes:
        text: English, ending on a whole sentence; empty if the text was.
        doubts: What looks wrong in it.
    """

    text: str
    doubts: list[Doubt]


@dataclass(frozen=True, slots=True)
class _Selection:
    """The sentences that may be in a summary, and the sets of them that it may be, best first."""

    sentences: list[str]
    sets: list[tuple[int, ...]]

    def likeliest(self) -> str:
        """The best set as a text."""
        return _flat([self.sentences[index] for index in self.sets[0]])


class Summariser:
    """The summary stage: list of texts in, list of `Summary` out, same length and order.

    Args:
        model: The model; the length bounds of its search are replaced by those of ``settings``.
        settings: Lengths, the task's prefix, and whether to keep to whole sentences.
    """

    def __init__(self, model: LoadedModel, *, settings: SummariseSettings) -> None:
        self.label = model.label
        self._engine = model.engine
        self._codec = codec = model.codec
        # All beams come back: the n-best costs nothing, and one of them may be without a doubt.
        # No end is forced at the length limit: a summary that was cut must be seen to be.
        self._search = replace_fields(
            model.search, num_return_sequences=model.search.beams, forced_eos_token_id=()
        )
        self._settings = settings
        self._window = min(
            model.engine.max_source_positions or 1 << 30, settings.max_input_tokens or 1 << 30
        )
        empty, probe = codec.encode(["", "a"])
        # How many special tokens the codec puts before and after a text.
        self._before = next(
            (i for i, (a, b) in enumerate(zip(empty, probe, strict=False)) if a != b), len(empty)
        )
        self._after = len(empty) - self._before

    @classmethod
    def load(cls, config: Config) -> Summariser:
        """Load the model that a configuration names, and see that it works.

        Raises:
            ModelError: The model is missing, broken, or fails its self-check.
        """
        settings = config.summarise
        model = load_model(settings.model, search=settings.search, runtime=config.runtime)
        stage = cls(model, settings=settings)
        stage.self_check()
        return stage

    @property
    def engine(self) -> Engine:
        """The engine that decodes."""
        return self._engine

    def self_check(self) -> None:
        """Summarise a short text, to learn of a broken model before a run of hours.

        Raises:
            ModelError: The output is empty or loops.
        """
        document, rules = _sentences(_SELF_CHECK), None
        if self._settings.whole_sentences:
            rules = [self._rule(self._selection(document))]
        [nbest] = self._decode([document], rules=rules)
        summary = self._choose(document, nbest)
        grave = [d for d in check_summary(_SELF_CHECK, summary) if d.kind in {"empty", "loop"}]
        if grave:
            raise ModelError(
                f"the summary model {self.label!r} fails its self-check: it gave {summary!r} "
                f"({grave[0].detail}); its weights or tokenizer are broken, fetch it again or "
                "name another model"
            )

    def __call__(
        self, texts: Sequence[str], *, progress: Callable[[int], None] | None = None
    ) -> list[Summary]:
        """Summarise texts, one for one.

        Args:
            texts: English texts of any length; white space is not looked at.
            progress: Called with the number of texts in this call, once they are done.
        """
        documents = [_sentences(text) for text in texts]
        while long := [index for index, doc in enumerate(documents) if not self._fits(doc)]:
            windows = {index: self._windows(documents[index]) for index in long}
            reduced = iter(self._summarise([part for index in long for part in windows[index]]))
            for index in long:
                shorter = _sentences("\n\n".join(next(reduced) for _ in windows[index]))
                # Windows of a few long words do not get shorter; the first sentence of each does.
                grows = len(_flat(shorter)) >= len(_flat(documents[index]))
                firsts = [window[0] for window in windows[index] if len(window) > 1]
                documents[index] = (firsts or windows[index][0]) if grows else shorter
        summaries = self._summarise(documents)
        if progress is not None:
            progress(len(texts))
        return [
            Summary(summary, check_summary(text, summary))
            for text, summary in zip(texts, summaries, strict=True)
        ]

    def _summarise(self, documents: Sequence[list[str]]) -> list[str]:
        """Summaries of documents, given as sentences, that fit the model's positions."""
        summaries = [_flat(document) for document in documents]
        work = [i for i, text in enumerate(summaries) if not self._is_short(text)]
        rules: list[SentenceSearch] | None = None
        if self._settings.whole_sentences:
            found = {index: self._selection(documents[index]) for index in work}
            for index, selection in found.items():
                summaries[index] = selection.likeliest()
            # Most texts have one set that is likelier than all others: nothing is left to decode.
            work = [index for index in work if len(found[index].sets) > 1]
            rules = [self._rule(found[index]) for index in work]
        nbests = self._decode([documents[index] for index in work], rules=rules)
        for index, nbest in zip(work, nbests, strict=True):
            summaries[index] = self._choose(documents[index], nbest)
        return summaries

    def _decode(
        self, documents: Sequence[list[str]], *, rules: Sequence[SentenceSearch] | None
    ) -> list[list[Hypothesis]]:
        """The n-best of each document, under its rule if there are any."""
        texts = [_flat(document) for document in documents]
        ids = self._codec.encode(texts, prefix=self._settings.prefix)
        if rules is not None:
            search = self._bounded(0, max((rule.longest for rule in rules), default=2))
            return self._engine.generate(
                ids, search, allowed=lambda index, prefix: rules[index].allowed(prefix)
            )
        # Texts that want like lengths go together; a text's bounds depend on itself alone.
        groups: dict[tuple[int, int], list[int]] = {}
        for index, text in enumerate(texts):
            fewest, most = self._bounds(text)
            per_word = len(self._body(ids[index])) / max(1, len(text.split()))
            lowest = int(fewest * per_word) // _LENGTH_STEP * _LENGTH_STEP
            # Room to end the sentence that the last wanted word is in.
            highest = (int(most * per_word * 1.3) // _LENGTH_STEP + 2) * _LENGTH_STEP
            groups.setdefault((lowest, highest), []).append(index)
        results: dict[int, list[Hypothesis]] = {}
        for (lowest, highest), members in groups.items():
            nbests = self._engine.generate(
                [ids[index] for index in members], self._bounded(lowest, highest)
            )
            results |= dict(zip(members, nbests, strict=True))
        return [results[index] for index in range(len(texts))]

    def _bounded(self, lowest: int, highest: int) -> Search:
        """The search between two lengths in tokens, within the model's positions."""
        return replace_fields(
            self._search,
            min_length=lowest,
            max_length=min(highest, self._window),
            min_new_tokens=None,
            max_new_tokens=None,
        )

    def _selection(self, document: list[str]) -> _Selection:
        """The likeliest sets of whole sentences of a document."""
        # A subhead, a cut line, a score or a time of day is no sentence to make a summary of.
        ended = [sentence for sentence in document if _ENDING.search(sentence)] or document
        whole = [s for s in ended if len(_WORD.findall(s)) >= _FEWEST_WORDS] or ended
        fewest, most = self._bounds(_flat(document))
        return _Selection(whole, likely_sets(whole, fewest=fewest, most=most))

    def _rule(self, selection: _Selection) -> SentenceSearch:
        """The rule that admits only the sets of a selection."""
        used = sorted({index for chosen in selection.sets for index in chosen})
        opening = self._codec.encode([selection.sentences[index] for index in used])
        inner = self._codec.encode([f" {selection.sentences[index]}" for index in used])
        places = {index: place for place, index in enumerate(used)}
        head = [self._search.decoder_start_token_id, self._search.forced_bos_token_id]
        return SentenceSearch(
            [
                Candidate(opening=self._body(first), inner=self._body(later))
                for first, later in zip(opening, inner, strict=True)
            ],
            sets=[[places[index] for index in chosen] for chosen in selection.sets],
            head=[token for token in head if token is not None],
            end=self._search.ends[0],
        )

    def _choose(self, document: list[str], nbest: Sequence[Hypothesis]) -> str:
        """The best hypothesis without a doubt, or the best, made to end on a whole sentence."""
        decoded = self._codec.decode([hypothesis.tokens for hypothesis in nbest])
        ends = set(self._search.ends)
        summaries = [
            _end_whole(
                _tidy(summary), ended=bool(ends & set(hypothesis.tokens[-1:])), document=document
            )
            for summary, hypothesis in zip(decoded, nbest, strict=True)
        ]
        text = _flat(document)
        return next((s for s in summaries if not check_summary(text, s)), summaries[0])

    def _bounds(self, text: str) -> tuple[int, int]:
        """The fewest and the most words that a summary of a text should have."""
        settings = self._settings
        most = min(
            max(round(settings.ratio * len(text.split())), settings.min_words), settings.max_words
        )
        return min(settings.min_words, max(1, most * 2 // 3)), most

    def _is_short(self, text: str) -> bool:
        """Whether a text is hardly longer than its summary would be."""
        return len(text.split()) <= self._bounds(text)[1] * 3 // 2

    def _fits(self, document: list[str]) -> bool:
        text = _flat(document)
        # What is hopelessly long is cut up unseen: tokenising megabytes takes long.
        if len(text) > self._window * 100:
            return False
        return len(self._codec.encode([text], prefix=self._settings.prefix)[0]) <= self._window

    def _windows(self, document: list[str]) -> list[list[str]]:
        """A document cut between sentences into windows that fit, each filled in turn."""
        room = self._window - len(self._codec.encode([""], prefix=self._settings.prefix)[0])
        windows: list[list[str]] = [[]]
        used = 0
        for piece, tokens in self._pieces(document, room=room):
            if used + tokens > room:
                windows.append([])
                used = 0
            windows[-1].append(piece)
            used += tokens
        return [window for window in windows if window]

    def _pieces(self, document: list[str], *, room: int) -> list[tuple[str, int]]:
        """The sentences of a document with their tokens, those above ``room`` cut up."""
        pieces: list[tuple[str, int]] = []
        stack = document[::-1]
        while stack:
            piece = stack.pop()
            tokens = room + 1
            if len(piece) <= room * 100:
                # One more than its own, in case the space before it is a token.
                tokens = len(self._body(self._codec.encode([piece])[0])) + 1
            if tokens <= room or len(piece) < 2:
                pieces.append((piece, tokens))
                continue
            middle = piece.rfind(" ", 1, len(piece) // 2 + 1)
            middle = middle if middle > 0 else len(piece) // 2
            stack += [piece[middle:].lstrip(), piece[:middle].rstrip()]
        return pieces

    def _body(self, ids: Sequence[int]) -> tuple[int, ...]:
        return tuple(ids[self._before : len(ids) - self._after])


def _sentences(text: str) -> list[str]:
    """The sentences of a text, each on one line."""
    return [" ".join(s.text.split()) for s in split_sentences(text, language="en")]


def _flat(document: list[str]) -> str:
    return " ".join(document)


def _tidy(summary: str) -> str:
    # CNN/DailyMail models detach the full stop, and Pegasus writes its line breaks out.
    return _SPACE_BEFORE_MARK.sub("", " ".join(summary.replace("<n>", " ").split()))


def _end_whole(summary: str, *, ended: bool, document: list[str]) -> str:
    """A summary without an unfinished last sentence."""
    if _ENDING.search(summary) or not summary:
        return summary
    sentences = _sentences(summary)
    if len(sentences) > 1:
        return _flat(sentences[:-1])
    if ended:
        return f"{summary}."
    # Nothing whole was said within the length: the article's own first sentence stands in.
    return document[0]
