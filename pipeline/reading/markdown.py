"""Markdown → the text in it: the marks of headings, emphasis, links and pictures go, words stay."""

from __future__ import annotations

import re

_HEADING = re.compile(r"^#{1,6}[ \t]+(.*?)[ \t]*#*$", re.MULTILINE)
_UNDERLINE = re.compile(r"^(?:={3,}|-{3,})[ \t]*$", re.MULTILINE)
_PICTURE = re.compile(r"!\[([^\]\n]*)\]\([^)\n]*\)")
_LINK = re.compile(r"\[([^\]\n]+)\]\([^)\n]*\)")
_STRONG = re.compile(r"(\*\*|__)(?=\S)([^\n]+?)(?<=\S)\1")
_EMPHASIS = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")


def plain(text: str) -> str:
    """The text of a Markdown document; lines stay where they were."""
    for pattern, kept in (
        (_HEADING, r"\1"),
        (_UNDERLINE, ""),
        (_PICTURE, r"\1"),
        (_LINK, r"\1"),
        (_STRONG, r"\2"),
        (_EMPHASIS, r"\1"),
    ):
        text = pattern.sub(kept, text)
    return text
