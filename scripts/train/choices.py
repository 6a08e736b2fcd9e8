"""Summaries made of whole source sentences: what may come next, and where there is a choice.

The summariser is decoded under this constraint, so it is trained and evaluated under it too. A
summary is `<s>`, some sentences of the source in source order, `</s>`. Inside a sentence the next
token is nearly always given; the choices are at the first tokens of a sentence, and between one
more sentence and the end.
"""

from __future__ import annotations

from collections.abc import Sequence

BOS, PAD, EOS, UNK, MASK = range(5)


# (first sentence that may still be chosen, sentence being written or -1, tokens of it written)
_State = tuple[int, int, int]


class WholeSentences:
    """Says which tokens may follow, so that a summary is whole sentences in source order.

    Args:
        sentences: token ids of each source sentence, in order.
        room: most tokens of a summary; a sentence that would not fit is not begun, so none is cut.
    """

    def __init__(self, sentences: Sequence[Sequence[int]], *, room: int = 2**31) -> None:
        self.sentences, self.room = sentences, room
        # Beams share beginnings, and each is one token longer than a beginning seen before.
        self._seen: dict[tuple[int, ...], set[_State]] = {(): {(0, -1, 0)}}

    def allowed(self, written: Sequence[int]) -> list[int]:
        """Return the tokens that may follow those written (without `<s>`), sorted.

        They continue some sentence that comes after the last finished one; or `</s>`, where at
        least one sentence is finished. If nothing is left, or nothing fits, only `</s>`.
        """
        room = self.room - len(written)
        states = self._states(tuple(written))
        options = {token for state in states for token, _ in self._steps(state, room)}
        if written and any(current < 0 for _, current, _ in states):
            options.add(EOS)
        return sorted(options) or [EOS]

    def _states(self, written: tuple[int, ...]) -> set[_State]:
        """Return what the tokens so far may mean; several while two sentences begin alike."""
        if written not in self._seen:
            room = self.room - len(written) + 1
            self._seen[written] = {
                after
                for state in self._states(written[:-1])
                for token, after in self._steps(state, room)
                if token == written[-1]
            }
        return self._seen[written]

    def _steps(self, state: _State, room: int) -> list[tuple[int, _State]]:
        """Return the (token, next state) pairs of a state."""
        first, current, position = state
        if current >= 0:
            starts = [(current, position)]
        else:
            starts = [
                (index, 0)
                for index in range(first, len(self.sentences))
                if 0 < len(self.sentences[index]) <= room
            ]
        steps: list[tuple[int, _State]] = []
        for index, at in starts:
            done = at + 1 == len(self.sentences[index])
            after = (index + 1, -1, 0) if done else (first, index, at + 1)
            steps.append((self.sentences[index][at], after))
        return steps


def choice_points(
    sentences: Sequence[Sequence[int]], chosen: Sequence[int]
) -> tuple[list[int], list[tuple[int, list[int]]]]:
    """Lay out the summary that takes the sentences `chosen` (indices in source order).

    Returns:
        The labels (`<s>`, tokens, `</s>`), and for each position of the labels with more than one
        allowed token: (position, allowed tokens).
    """
    labels = [BOS]
    points = []
    first = 0
    for index in chosen:
        sentence = sentences[index]
        rivals = list(range(first, len(sentences)))
        for position, token in enumerate(sentence):
            options = {sentences[r][position] for r in rivals if len(sentences[r]) > position}
            if position == 0 and first > 0:
                options.add(EOS)
            if len(options) > 1:
                points.append((len(labels), sorted(options)))
            labels.append(token)
            rivals = [
                r
                for r in rivals
                if len(sentences[r]) > position and sentences[r][position] == token
            ]
        first = index + 1
    openings = {sentence[0] for sentence in sentences[first:] if sentence}
    if openings:
        points.append((len(labels), sorted(openings | {EOS})))
    return [*labels, EOS], points
