"""What a cue family is; the families themselves are in `cues_site` and `cues_article`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The words of one kind of boilerplate. `reason` is what a removed line of it is called."""

    reason: str
    furniture: str = ""
    topic: str = ""
    suffixes: str = ""
    triggers: str = ""
    phrases: tuple[str, ...] = ()
