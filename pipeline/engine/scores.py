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
        self, count: int, *, banned: Tensor | None, renormalise: bool
    ) -> tuple[Tensor, Tensor] | None:
        """Return the best few ids and their log-probabilities, if that is cheaper than `logits`.

        Args:
            count: How many.
            banned: Added when ids are ranked: 0, or ``-inf``. *Shape:* ``[columns]`` float32.
            renormalise: Whether banned ids are left out of the softmax too.

        Returns:
            *Shape:* twice ``[n, count]``, int64 and float32, best first; ``None`` to say that
            `logits` is the way.
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
        banned: Tensor | None,
        renormalise: bool,
    ) -> None:
        """Leave the choice to the search."""
        return
