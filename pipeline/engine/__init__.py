"""Token ids in, token ids out: exact, batched decoding of encoder-decoder models.

The lowest floor of the house. It knows nothing of text, of Dutch or of any file but a folder of
weights. Three names are public::

    engine = Engine.load(folder)
    hypotheses = engine.generate([[12, 7, 0], ...], engine.search)   # per input a list, best first

``docs/engine.md`` explains the ideas inside, each with the number that earned it its place.
"""

from pipeline.engine.engine import Engine
from pipeline.engine.search import Allowed, Hypothesis, Search

__all__ = ["Allowed", "Engine", "Hypothesis", "Search"]
