"""What a network says of the next id: every logit, or only the best few.

A search that needs all logits (to penalise some, to constrain them) asks for them; one that only
bans ids asks for the best few, which a network may have more cheaply than the rest.
"""

from __future__ import annotations

from typing import Final, Protocol

from torch import Tensor

# The output vocabulary is padded to whole blocks of this many ids, and by at least one id: the
# search takes its maxima per block, and uses the last column as a place to drop writes.
BLOCK: Final = 64


class Scores(Protocol):
    """The next id of each hypothesis, as a network sees it."""

    def logits(self) -> Tensor:
        """Return all of them, *Shape:* ``[n, columns]`` float32; the caller may change them.

        Columns past the vocabulary are ``-inf``; their number is a multiple of `BLOCK`.
        """

    def best(
        self, count: int, *, totals: Tensor, banned: Tensor | None, renormalise: bool
    ) -> tuple[Tensor, Tensor, Tensor] | None:
        """Return the best continuations of each row, if that is cheaper than `logits`.

        Args:
            count: How many.
            totals: Scores of the hypotheses so far, *Shape:* ``[rows, beams]`` float32.
            banned: Added when ids are ranked: 0, or ``-inf`` for one that may not be chosen.
                *Shape:* ``[columns]`` float32.
            renormalise: Whether banned ids are left out of the softmax too.

        Returns:
            Totals with the log-probability of the next id, the beams they continue, and that id,
            best first (of equals the lower beam, then the lower id). *Shape:* ``[rows, count]``,
            float32 and twice int64. Where fewer may be chosen, the rest have a total of ``-inf``.
            ``None`` says that `logits` is the way.
        """


class Logits:
    """All logits, made already."""

    def __init__(self, logits: Tensor) -> None:
        self._logits = logits

    def logits(self) -> Tensor:
        """Return them."""
        return self._logits

    def best(
        self,
        count: int,
        *,
        totals: Tensor,
        banned: Tensor | None,
        renormalise: bool,
    ) -> None:
        """Leave the choice to the search."""
        return
