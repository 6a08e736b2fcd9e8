"""The rule that lets a search compose a summary only from whole sentences of its source.

A `SentenceSearch` answers, for the tokens decoded so far, which tokens may come next: those with
which one of the admitted sets of sentences goes on. It is what Hugging Face calls a
``prefix_allowed_tokens_fn``, for one input. It knows token ids only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A source sentence that a summary may take over.

    Attributes:
        opening: Its token ids at the beginning of a summary.
        inner: Its token ids after another sentence (byte-level vocabularies mark the space).
    """

    opening: tuple[int, ...]
    inner: tuple[int, ...]


class SentenceSearch:
    """Which token may follow, so that the output is one of some sets of whole sentences.

    Args:
        candidates: The sentences, in the order of the source.
        sets: What is admitted, each as indices of the candidates; at least one.
        head: Tokens at the front of each output that are not part of the summary: the decoder's
            start token, and a forced first token if the model has one.
        end: The end-of-sequence token.

    Raises:
        ValueError: There is no set, or one without tokens.
    """

    def __init__(
        self,
        candidates: Sequence[Candidate],
        *,
        sets: Sequence[Sequence[int]],
        head: Sequence[int],
        end: int,
    ) -> None:
        if not sets:
            raise ValueError("no set of sentences; a summary needs at least one to be")
        self._end = end
        self._outputs = [
            (*head, *_tokens([candidates[index] for index in chosen]), end) for chosen in sets
        ]

    @property
    def longest(self) -> int:
        """The most tokens of an output, head and end counted."""
        return max(map(len, self._outputs))

    def allowed(self, prefix: Sequence[int]) -> list[int]:
        """The tokens that may follow ``prefix``, in ascending order."""
        tokens, length = tuple(prefix), len(prefix)
        following = {
            output[length]
            for output in self._outputs
            if len(output) > length and output[:length] == tokens
        }
        # A sequence that has ended is asked about too while others in its batch go on.
        return sorted(following) or [self._end]


def _tokens(chosen: Sequence[Candidate]) -> list[int]:
    parts = [
        candidate.inner if place else candidate.opening for place, candidate in enumerate(chosen)
    ]
    if not parts or not all(parts):
        raise ValueError(f"{len(parts)} sentences, not all with tokens; leave those without out")
    return [token for part in parts for token in part]
