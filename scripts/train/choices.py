"""Summaries made of whole source sentences: what may come next, and where there is a choice.

The summariser is decoded under the rule of `pipeline.sentence_search`, so it is trained under it
too. A summary is `<s>`, some sentences of the source in source order, `</s>`. Inside a sentence the
next token is nearly always given; the choices are at the first tokens of a sentence, and between
one more sentence and the end.
"""

from __future__ import annotations

from collections.abc import Sequence

BOS, PAD, EOS, UNK, MASK = range(5)


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
