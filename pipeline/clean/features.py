"""What is known of one line: `Features`, and the forms that tell words, ends and bullets."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

# Of a very long line only the head and the tail are looked at.
HEAD, TAIL = 500, 200

WORD = re.compile(r"[^\W_][\w+]*(?:['’.:/-]+[\w+]+)*|€|%")
TERMINAL = (".", "!", "?", "…")
CLOSERS = "\"'”’»)]*"
SENTENCE_END = re.compile(r"[.!?…][\"'”’»)]*(?=\s+[\"'“‘„(]*[A-ZÀ-Ý0-9]|\s*$)")
BULLET = re.compile(r"^(?:[-–—•*▪●◦·✓✔>»]+\s+|\d{1,2}[.)]\s+|[a-h]\)\s+)")


@dataclass(slots=True)
class Features:
    """One line, measured. `cues` maps a cue to the reason it speaks for, if it speaks for one."""

    text: str
    gap: bool
    length: int = 0
    words: list[str] = field(default_factory=list)
    sentences: int = 0
    terminal: bool = False
    prose_share: float = 0.0
    digit_share: float = 0.0
    quoted: bool = False
    reported: bool = False
    bullet: bool = False
    headline: bool = False
    label: str | None = None
    cues: dict[str, str] = field(default_factory=dict)
    points: float = 0.0
    solid: bool = False
    stems: frozenset[str] = frozenset()

    @property
    def prose(self) -> bool:
        """Whether it reads as a paragraph: running words up to a full stop."""
        return self.terminal and len(self.words) >= 9 and self.prose_share >= 0.2
