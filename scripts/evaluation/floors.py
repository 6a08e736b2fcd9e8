"""Floors: figures that must not slip, kept in a JSON file beside the tests.

A file holds sections, and a section holds bounds whose names end in `_at_least` or `_at_most`:

    {"models": {"flores_bleu_at_least": 11.5, "flores_loops_or_empty_at_most": 0.4}}

`raise_floors` moves bounds to what was measured, if that is better. To make one worse it wants to
be told so and why; the reason stays in the file, under "lowered".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

AT_LEAST, AT_MOST = "_at_least", "_at_most"
LOWERED = "lowered"


class FloorError(ValueError):
    """A bound would have been made worse without leave, or a file of floors makes no sense."""


def read_floors(path: Path, section: str) -> dict[str, float]:
    """Return the bounds of a section; empty if the file or the section is not there."""
    if not path.exists():
        return {}
    bounds: dict[str, float] = json.loads(path.read_text(encoding="utf-8")).get(section, {})
    return bounds


def broken(measured: Mapping[str, float], bounds: Mapping[str, float]) -> list[str]:
    """Say which bounds are broken, in words; empty if none is.

    Args:
        measured: Figures, under the names of the bounds without their endings.
        bounds: As `read_floors` returns them.

    Raises:
        FloorError: A bound's name ends in neither, or nothing was measured for it.
    """
    complaints = []
    for name, bound in bounds.items():
        figure, least = _split(name)
        if figure not in measured:
            raise FloorError(f"nothing was measured for the floor {name!r}")
        value = measured[figure]
        # Written so that a figure that is not a number breaks its floor.
        if not (value >= bound if least else value <= bound):
            complaints.append(f"{figure} is {value:g}, {'under' if least else 'over'} {bound:g}")
    return complaints


def raise_floors(
    path: Path,
    section: str,
    measured: Mapping[str, float],
    *,
    slack: Mapping[str, float],
    lower: bool = False,
    reason: str = "",
) -> dict[str, float]:
    """Set the bounds of a section by what was measured, and return them.

    Args:
        path: The file; made if it is not there.
        section: Of the file.
        measured: Figures by name.
        slack: For each name of a bound (with its ending), how far the bound stays from the figure.
        lower: Bounds may get worse.
        reason: Why they may; goes into the file.

    Raises:
        FloorError: A bound would get worse, and `lower` is not set or there is no reason.
    """
    content: dict[str, Any] = {}
    if path.exists():
        content = json.loads(path.read_text(encoding="utf-8"))
    old: dict[str, float] = content.get(section, {})
    new = dict(old)
    worse = {}
    for name, distance in slack.items():
        figure, least = _split(name)
        bound = round(measured[figure] - distance if least else measured[figure] + distance, 4)
        if name in old and (bound < old[name] if least else bound > old[name]):
            if not (lower and broken(measured, {name: old[name]})):
                continue
            worse[name] = {"from": old[name], "to": bound}
        new[name] = bound
    if complaints := [] if lower else broken(measured, old):
        raise FloorError(
            f"{path}: {'; '.join(complaints)}. To lower a floor, say so (--lower-floors) and why "
            "(--reason TEXT)"
        )
    if worse:
        if not reason.strip():
            raise FloorError(f"{path}: lowering {sorted(worse)} needs a reason (--reason TEXT)")
        content.setdefault(LOWERED, []).append(
            {"section": section, "reason": reason.strip(), "floors": worse}
        )
    content[section] = new
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return new


def _split(name: str) -> tuple[str, bool]:
    """Return the figure that a bound is on, and whether it bounds it from below."""
    for ending, least in ((AT_LEAST, True), (AT_MOST, False)):
        if name.endswith(ending):
            return name.removesuffix(ending), least
    raise FloorError(f"the floor {name!r} must end in {AT_LEAST!r} or {AT_MOST!r}")
