"""Sentence boundaries by rule: look at each full stop once, a few words back and one word ahead.

One pass finds the candidates: a run of ``. ? ! …`` with its closing quotes and brackets, or the
line break before a list item. A blank line always ends a sentence; any other line break is a space.
For each candidate, in this order:

1. what follows must be able to open a sentence: a capital, a figure, a quote, not ``zei hij``;
2. what precedes must be able to close one: not ``dr.``, not an initial, not the ``1.`` of a list;
3. with no space after it, ``gezegd.De`` is a boundary and ``NU.nl``, ``E.ON``, ``3.4`` are not.

Time is linear in the text, whatever it holds. Each look back is bounded (`_LOOK_BACK` characters,
and never before the start of the sentence), each look ahead passes over text that the next
candidate will not pass over again, and no regular expression can backtrack into a run.

A decision reads nothing outside its own sentence but the word that opens the next one, so splitting
a sentence again gives that sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal

from pipeline.article import Sentence
from pipeline.split.language import LANGUAGES, Language

LanguageName = Literal["nl", "en"]

# Longer than any abbreviation or name that is looked up; an address may be longer, but by then
# it has shown its "://", "@" or "/".
_LOOK_BACK: Final = 48

# The atomic group keeps \r\n from counting as two breaks.
_BLANK_LINE: Final = re.compile(r"(?>\r\n?|\n)[^\S\r\n]*+(?:\r\n?|\n)\s*+|[\f\u2029]\s*+")

# Possessive and never failing once a mark is seen: a search that failed at the end of a long run
# would begin again inside it. “ opens in “…” and closes in „…“: here only the latter counts.
_CANDIDATE: Final = re.compile(
    r"(?P<mark>[.!?…。！？]++)"
    r"(?P<close>(?:[\"”’'»)\]›]|“(?!\w)|[ \u00a0\u202f]»)*+)"
    r"|(?P<item>[\r\n]++[^\S\r\n]*+(?=(?:[-•*▪►·]|\d{1,2}[.)])\s))"
)

# What may stand between a boundary and its first word: quotes, a bullet or dash, a pictograph, (…).
# The counts are limits on pathological input; real text uses one or two.
_OPENING: Final = re.compile(
    r"\s*+"
    r"(?P<open>(?:,,|[\"“„‚”'‘’`«»‹(\[¿¡*]\s?|[-–—•*·▪►>]\s++|[\[(](?:…|\.{3})[\])]\s?|…|\.{2,3}"
    r"|[\u2190-\u27bf\ufe0f\U0001f000-\U0001faff]\s?){0,6}+)"
    r"(?:(?<=['’‘])(?P<clitic>[sStTnN])(?:-|\s))?"
    r"(?P<word>[€$£#@+]?[^\W_]{1,40}+)"
)
_SPACE: Final = re.compile(r"\s*+")
_NEXT_WORD: Final = re.compile(r"\s{1,3}+(\w)")
_GLUED: Final = re.compile(r"(?P<open>(?:,,|[“„‚«‘(\[])?)(?P<word>[^\W\d_]{1,40}+)(?!\.[a-z]{2})")

_ORDINAL: Final = re.compile(r"\d{1,3}(?:\+\d{1,2})?")
_INITIALS: Final = re.compile(r"[^\W\d_]|(?:[^\W\d_][a-z]?\.-?){1,6}[^\W\d_][a-z]?")
_DOTTED: Final = re.compile(r"(?:[^\W\d_]\.){1,6}[^\W\d_]{1,3}")
_NUMERAL: Final = re.compile(r"\d|[IVXLC]{1,6}+\Z")
_CLUB: Final = re.compile(r"FF?C|FSV|SC")
_CAMEL: Final = re.compile(r"[a-z]{1,2}[A-Z]")
# A name of up to four words and a verb. Only titles may have a full stop: another could be the end
# of a sentence, and then the verb would not be about this quotation.
_REPORTING: Final = re.compile(
    r"\s++(?:(?:(?:Mr|Mrs|Ms|Dr|Prof)\.|[A-Z][\w'’-]{0,20})\s{1,3}){1,4}(?P<verb>[a-z]{4,9})\b"
)
_BEFORE_GLUED: Final = re.compile(r".*(?:[^\W\d_A-Z]{2}|\d{4}|[\"”’'»)\]%])", re.DOTALL)

_OPENERS: Final = "(\"“„‚,”'‘’`«‹[{¿¡-–—*•/…"


def split_sentences(text: str, *, language: LanguageName = "nl") -> list[Sentence]:
    """Split a text into sentences.

    Args:
        text: Any text; normally one paragraph. A blank line, form feed or U+2029 ends a sentence.
        language: ``"nl"`` or ``"en"``: whose abbreviations and opening words to use.

    Returns:
        The sentences in order, *Shape:* ``(sentences,)``. For each, ``text[start:end] ==
        sentence.text``, not empty, without whitespace at its ends; everything outside the sentences
        is whitespace. A text of only whitespace has none.

    Raises:
        ValueError: If the language has no tables.
    """
    tables = LANGUAGES.get(language)
    if tables is None:
        known = ", ".join(sorted(LANGUAGES))
        raise ValueError(f"no sentence rules for language {language!r}; use one of: {known}")
    sentences: list[Sentence] = []
    begin = 0
    for blank in _BLANK_LINE.finditer(text):
        sentences.extend(_Paragraph(text, begin, blank.start(), tables))
        begin = blank.end()
    sentences.extend(_Paragraph(text, begin, len(text), tables))
    return sentences


class _Paragraph:
    """One pass over ``text[begin:stop]``; iterating gives its sentences."""

    __slots__ = ("begin", "language", "ordinal", "stop", "text")

    def __init__(self, text: str, begin: int, stop: int, language: Language) -> None:
        self.text = text
        self.stop = stop
        self.language = language
        self._start_at(begin)

    def _start_at(self, position: int) -> None:
        space = _SPACE.match(self.text, position, self.stop)
        # The first visible character of the current sentence, and its last list number.
        self.begin = space.end() if space else position
        self.ordinal = 0

    def __iter__(self) -> Iterator[Sentence]:
        for candidate in _CANDIDATE.finditer(self.text, self.begin, self.stop):
            end = candidate.start() if candidate["item"] else self._boundary(candidate)
            if end is not None:
                yield from self._take(end)
        yield from self._take(self.stop)

    def _take(self, end: int) -> Iterator[Sentence]:
        sentence = self.text[self.begin : end].rstrip()
        if sentence:
            yield Sentence(sentence, self.begin, self.begin + len(sentence))
            self._start_at(end)

    def _boundary(self, candidate: re.Match[str]) -> int | None:
        """Where the sentence ends if this mark ends it, else None."""
        text, end = self.text, candidate.end()
        if end >= self.stop:
            return None  # the end of the paragraph is taken anyway
        if not text[end].isspace():
            return self._glued(candidate)
        opening = _OPENING.match(text, end, self.stop)
        if opening is None or not _can_open(opening):
            return None
        mark, close = candidate["mark"], candidate["close"]
        at = candidate.start()
        if mark != ".":
            return end if self._strong_mark(mark, close, at, end, opening) else None
        return end if self._full_stop(close, at, opening) else None

    def _strong_mark(
        self, mark: str, close: str, at: int, end: int, opening: re.Match[str]
    ) -> bool:
        """Whether ``?``, ``!`` or an ellipsis ends the sentence."""
        if close[:1] in (")", "]") and self.text[at - 1 : at] in ("(", "["):
            return False  # (!), (?), [...]
        if mark == "!" and self._token(at) + mark in self.language.marked_names:
            return self._opener(opening)
        if close and self.language.reporting and close[-1] in "\"”’'»":
            clause = _REPORTING.match(self.text, end, self.stop)
            return clause is None or clause["verb"] not in self.language.reporting
        return True

    def _full_stop(self, close: str, at: int, opening: re.Match[str]) -> bool:
        """Whether a single full stop ends the sentence, by the word that it is attached to."""
        language, token, word = self.language, self._token(at), opening["word"]
        # "B.V." and "ING." are looked up as they stand, "Dr." and "dr." as one.
        key = token if len(token) > 1 and token.isupper() else token.lower()
        if not token:
            ends = True
        elif _never(key, language) or (key in language.number and _NUMERAL.match(word)):
            ends = False
        elif key in language.may:
            ends = self._abbreviation(close, opening)
        elif _ORDINAL.fullmatch(token):
            ends = self._ordinal(token, at, opening)
        elif len(token) == 1 and self._is_first(at - 1):
            ends = False  # a., A.: a lettered list
        elif len(token) == 1 and self._is_unit_or_pronoun(token, at):
            ends = True
        elif key in language.doubtful or _INITIALS.fullmatch(token) or _DOTTED.fullmatch(token):
            ends = self._opener(opening)
        else:
            ends = True
        return ends

    def _abbreviation(self, close: str, opening: re.Match[str]) -> bool:
        """Whether the full stop of an abbreviation that may end a sentence does so here."""
        # Before a bracket, and inside one, it belongs to the abbreviation.
        if "(" in opening["open"] or "[" in opening["open"]:
            return False
        if ")" in close or "]" in close:
            return self._opener(opening)
        return opening["word"] not in self.language.follows_time

    def _ordinal(self, token: str, at: int, opening: re.Match[str]) -> bool:
        """Whether a short number with a full stop ends a sentence, or counts an item of a list."""
        number = int(token.partition("+")[0])
        start = at - len(token)
        before = self.text[max(self.begin, start - _LOOK_BACK) : start].split()
        counts = (
            self._is_first(start)
            or number == self.ordinal + 1 > 1
            or (number == 1 and _CLUB.fullmatch(opening["word"]) is not None)
            or bool(before and before[-1] in self.language.articles)
            or self.text[start - 1] in "(["
            # Goals and minutes after a comma: "6. Hoekman 0-1, 22. De Jong 0-2".
            or bool(before and before[-1][-1] in ",:;–-" and not self._opener(opening))
        )
        if counts:
            self.ordinal = number
        return not counts

    def _glued(self, candidate: re.Match[str]) -> int | None:
        """Where the sentence ends if a space is missing after this mark, else None."""
        opening = _GLUED.match(self.text, candidate.end(), self.stop)
        if opening is None or not self._is_glued(candidate, opening["word"]):
            return None
        # A straight quote closes if it is the second of a pair; else it opens what follows.
        quotes = self.text.count('"', self.begin, candidate.end())
        opens = candidate["close"] == '"' and quotes % 2 == 1
        return candidate.end("mark") if opens else candidate.end()

    def _is_glued(self, candidate: re.Match[str], word: str) -> bool:
        """Whether two sentences meet here, and not the parts of an address or a name."""
        mark, close, at = candidate["mark"], candidate["close"], candidate.start()
        if "…" in mark or ".." in mark or not word[0].isupper() or (word.isupper() and word[1:]):
            return False
        before = self.text[max(self.begin, at - 4) : at]
        if not close and _BEFORE_GLUED.fullmatch(before) is None:
            return False
        token, language = self._token(at), self.language
        if any(sign in token for sign in ("://", "@", "/", "www.")):
            return False
        key = token.lower()
        if mark == "." and not close and (key in language.never or key in language.number):
            return False
        # Node.Js and rapport.v2.Pdf are names, unless a word such as De follows.
        plain = not token[:1].isupper() and "." not in token
        return plain or word in language.openers

    def _token(self, at: int) -> str:
        """The word that ends at ``at``, without opening punctuation; at most `_LOOK_BACK` long."""
        back = self.text[max(self.begin, at - _LOOK_BACK) : at]
        if not back or back[-1].isspace():
            return ""
        return back.split()[-1].lstrip(_OPENERS)

    def _is_first(self, at: int) -> bool:
        """Whether only quotes and bullets lie between the start of the sentence and ``at``."""
        if at - self.begin > _LOOK_BACK:
            return False
        return not self.text[self.begin : at].strip().strip(_OPENERS)

    def _is_unit_or_pronoun(self, letter: str, at: int) -> bool:
        """Whether one letter is a unit after a figure (14 u., 2 m.) or a word such as English I."""
        before = self.text[max(self.begin, at - 1 - _LOOK_BACK) : at - 1].split()
        if not before:
            return False
        last = before[-1]
        return (letter.islower() and last[-1].isdigit()) or (
            letter in self.language.letters and last.islower()
        )

    def _opener(self, opening: re.Match[str]) -> bool:
        """Whether the next word commonly opens a sentence, and is not the De of De Smet."""
        if opening["clitic"]:
            return True
        word = opening["word"]
        if word not in self.language.openers:
            return False
        if word not in self.language.particles:
            return True
        following = _NEXT_WORD.match(self.text, opening.end(), self.stop)
        return following is None or not following[1].isupper()


def _never(key: str, language: Language) -> bool:
    """Whether an abbreviation never ends a sentence: alone, or written together as in prof.dr."""
    return key in language.never or (
        "." in key and all(part in language.never for part in key.split("."))
    )


def _can_open(opening: re.Match[str]) -> bool:
    """Whether a sentence can begin with this: anything but a word in lower case."""
    word = opening["word"]
    return not word[0].islower() or _CAMEL.match(word) is not None
