"""Markdown → the text in it: the marks of headings, emphasis and links go, every word stays."""

from __future__ import annotations

import re

# The bounds keep the time linear in texts made of nothing but opening marks.
_HEADING = re.compile(r"^#{1,6}[ \t]+", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\[\]\n]{1,300})\]\((?:[^()\s]|\([^()\s]{0,200}\)){1,500}\)")
_STRONG = re.compile(r"(?<![\w*])\*\*(?=\S)([^*\n]{1,300})(?<=\S)\*\*(?![\w*])")
_EMPHASIS = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]{1,300})(?<=\S)\*(?![\w*])")


def plain(text: str) -> str:
    """The text of a Markdown document; lines stay where they were."""
    text = _HEADING.sub("", text)
    for pattern in (_LINK, _STRONG, _EMPHASIS):
        text = pattern.sub(r"\1", text)
    return text
