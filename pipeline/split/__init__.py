"""Text in, sentences with character offsets out; knows nothing of paragraphs' origin or of models.

`split_sentences(text)` returns pieces that together are the text: each is ``text[start:end]``,
starts and ends with a visible character, and only whitespace lies before, between and after them.
So the gaps and the pieces, put back in order, give the text character for character.
"""

from pipeline.split.sentences import LanguageName, split_sentences

__all__ = ["LanguageName", "split_sentences"]
