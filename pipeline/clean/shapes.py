"""What a line looks like: bylines, credits, dates, crumbs, cells, addresses, counts.

The contract: patterns of form, on short lines only; each is anchored or preceded by a cheap test.
"""

# ruff: noqa: E501  a pattern is read on one line

from __future__ import annotations

import re

from pipeline.clean.features import Features
from pipeline.clean.words import CREDITS, DATE_WORDS

_CLOCK = re.compile(r"\b[0-2]?\d[.:][0-5]\d\b")
_FULL_DATE = re.compile(
    r"\b\d{1,2}[ -](?:jan|feb|mrt|maart|apr|mei|jun|jul|aug|sep|okt|oct|nov|dec)[a-z]*\.?(?:[ -]\d{2,4})?\b|\b\d{1,2}[-/]\d{1,2}[-/]\d{2,4}\b"
)
_AGO = re.compile(
    r"\b\d{1,2} (?:seconden|minuut|minuten|min\.?|uur|uren|dag|dagen|week|weken|maanden) (?:geleden|ago)\b"
    r"|\b(?:\d{1,2}|an?) (?:seconds?|minutes?|mins?|hours?|days?|weeks?|months?) ago\b"
)
# A price or a share, up or down, as a ticker shows it.
_TICKER = re.compile(
    r"^[^.!?]{0,40}\d[\d.,]*\s?%?\s?[▲▼△▽↑↓]$|^[^.!?]{0,40}[▲▼△▽↑↓]\s?[+-]?\d[\d.,]*\s?%?$"
)
_TIMECODE = re.compile(r"^\(?\d{1,2}:\d\d(?::\d\d)?\)?(?: ?(?:min|uur))?$")
# The clock of a player that stands at its beginning; no liveblog writes one minute past midnight so.
_PLAYER = re.compile(r"^\d:\d\d$|^00:00(?::00)?$|^\d{1,2}:\d\d ?/ ?\d{1,2}:\d\d$")
# "19u04" is how Flanders writes it.
_CLOCK_ONLY = re.compile(r"^[0-2]?\d[u.h][0-5]\d(?: ?uur)?$")
_COUNTED = re.compile(
    r"^\W*\d[\d.,]* ?[xk]?\s?(?:x |keer )?(?:gelezen|bekeken|gedeeld|views?|weergaven|shares?|likes?|stemmen|volgers|lezers)\b.{0,12}$"
    r"|^[\U0001f300-\U0001faff\u2600-\u27bf]\ufe0f?\s?\d[\d.]*$|^[★☆⭐●○]{3,}.{0,30}$|^(?:[\U0001f300-\U0001faff\u2600-\u27bf]\ufe0f?\s?\d*\s*){2,}$"
)
# What a broken scraper leaves of a script, a shortcode or a template.
_CODE = re.compile(
    r"\bfunction\s?\(|\)\s?\{|\}\s?\)|=>\s?\{|\|\|\s?function|^\[/?[a-z_]+(?: [a-z_]+=.*)?\]$|\{\{.*\}\}|^(?:var|let|const) \w+ ?=|^\{\"|<!--|-->"
)
_CODE_MARK = re.compile(r"[{}\[=<]|function")
_ROLE = re.compile(
    r"^(?:Redact(?:eur|rice)|Verslagge(?:ver|efster)|Correspondent) [a-z-]+$|(?:\b|[a-z])(?:redact(?:eur|rice)|verslagge(?:ver|efster)|correspondente?|journaliste?|columniste?|medewerk(?:er|ster))\b(?: [\w-]+){0,2}$"
)
_ROLE_MARK = re.compile("[rRvVcCjJmM](?:edact|erslagge|orrespond|ournalist|olumnist|edewerk)")
_NAME = re.compile(
    r"^(?:[A-ZÀ-Ý][\w'’.-]+|[A-Z]\.)(?:\s(?:van|de|der|den|ter|ten|te|el|al|'t|Van|De|Den|Vander|’t|la|le|di|von|en|&|[A-ZÀ-Ý][\w'’.-]+|[A-Z]\.)){1,5}(?:,? (?:[Rr]edacteur|[Vv]erslaggever|[Cc]orrespondent|[Jj]ournalist)\w*)?$"
)
_PERSON = r"[A-ZÀ-Ý][\w'’.-]*(?: (?:(?:van|de|der|den|ter|ten|te|el|al|'t|’t|la|le|di|von|en|&) )*[A-ZÀ-Ý][\w'’.-]*)*"
_BY = re.compile(
    # "Door Europa met de trein" is a subhead: what follows is a person, or nothing else.
    rf"^(?:[Dd]oor|DOOR|[Gg]eschreven door|[Tt]ekst|TEKST|[Aa]uteur|[Bb]y|[Vv]an|[Vv]ideo) (?:onze .{{3,50}}|(?:de )?[Rr]edactie\b.{{0,40}}|{_PERSON}(?:/\w+)?(?:,.{{0,50}}| (?:op|om|in|voor|[\d·•|–-]).{{0,50}})?)$"
    r"|^(?:[Dd]oor|DOOR|[Tt]ekst|TEKST|[Aa]uteur|[Bb]y|[Rr]edactie|(?:[Gg]eplaatst|[Gg]eschreven) door|[Tt]ekst en (?:foto|beeld)\w*)\s?[:|]\s?\S.{0,55}$"
    r"|^[Rr]edactie [A-ZÀ-Ý].{0,40}$"
    r"|^(?:[Aa]uteurs?|[Ww]riters?|[Rr]edacteurs?|[Ss]amenstelling|[Vv]erslag|[Rr]eview|[Ii]nterview)(?: door)? ?:\s?"
    rf"{_PERSON}(?:(?:, | en ){_PERSON})*$"
    rf"|^(?:[Vv]erslag|[Rr]eview|[Ii]nterview|[Tt]ekst|[Ff]oto's) (?:door|van) {_PERSON}$"
    r"|^(?:[Bb]ron|BRON)\s?[:|]?\s[A-ZÀ-Ý][^\d]{1,35}$"
)
_BY_BEGINS = frozenset("DdGgTtAaBbVvWwRrSsIiF")
_CREDIT_LEAD = re.compile(
    r"\W*(?:[Ff]oto|FOTO|[Bb]eeld|BEELD|[Ff]oto['’]s|[Ff]otografie|[Ii]llustraties?|[Aa]rchieffoto|[Aa]rchiefbeeld|[Pp]hoto)\s?(?:[:©/|]|[A-ZÀ-Ý][\w'’-]+(?: [\w'’-]+){0,4}$)"
)
_CREDIT_AGENCY = re.compile(
    rf"[|(/©—–.-]\s?(?:[Ff]oto|[Bb]eeld)?[: ]*(?:©\s?)?(?:{CREDITS})\b.{{0,30}}$"
)
_CREDIT_END = re.compile(
    r"(?:^|[|(.,—–-]\s?|\s)(?:FOTO|BEELD|Foto|Beeld|Foto's|Foto’s)(?:S|'S|’S)?:?\s(?:©\s?)?[A-ZÀ-Ý][\w'’.-]+(?: [\w'’./-]+){0,4}\)?$"
    rf"|{_CREDIT_AGENCY.pattern}"
    r"|\s[—–|-]?\s?©\s?[\w'’ ./-]{2,50}$"
    r"|(?<![.!?] )\((?:[Ff]oto|[Bb]eeld|[Bb]ron|[Aa]rchief\w*)\w*:?\s[^()]{2,50}\)$|\[(?:[Ff]oto|[Bb]eeld)\w*:?\s[^\]]{2,50}\]$"
    r"|\s[-–|]\s[A-ZÀ-Ý][\w-]+/(?:[A-Z]\. ?)?[A-ZÀ-Ý][\w-]+$"
)
# "… bij de woning (foto: Jan Smit)." is a caption if it is but one sentence.
_CREDIT_FULL = re.compile(r"(?<![.!?] )\((?:[Ff]oto|[Bb]eeld|[Aa]rchief\w*)\w*:\s[^()]{2,60}\)\.$")
_COPYRIGHT = re.compile(r"^\W*(?:©|\(c\)|[Cc]opyright\b)\s?.{0,140}$")
_RIGHTS = frozenset("copyright rechten rights voorbehouden reserved".split())
# Where a figure or a finding was published, not which agency sent the story.
_SOURCE = re.compile(r"[Bb]ron(?:nen)?\s?:.{0,150}\d")
_CRUMBS = re.compile(r"\s(?:>|»|›|/|→)\s|^\W*[\w&' -]{2,20} / [\w&' -]{2,20}$")
_CELLS = re.compile(r"\s[|•·∙]\s|\s{2,}")
_ARROW = re.compile(r"[→►▶➤➜⇒]\s*\w")
CAPS_LEAD = re.compile(
    r"^(LEES(?: OOK| MEER| VERDER)?|KIJK(?: OOK| HIER)?|BEKIJK(?: OOK)?|ZIE OOK|LUISTER(?: OOK)?|PODCAST|VIDEO|IN BEELD|OOK|FOTO'S|FOTOSPECIAL|REPORTAGE)\s?[.:|]\s?(?=\S)"
)
_ADDRESS = re.compile(
    r"^(?:https?://|www\.)\S+$|^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$|^@\w+$|^#\w+(?: #\w+)*$|^[\w-]+\.(?:nl|be|com|eu|example|org|net)$"
)
_COUNT_ONLY = re.compile(r"^\(?\d{1,5}\)?$|^\d{1,2} ?/ ?\d{1,2}$")


# What the patterns above cannot do without; a look at it spares most lines the pattern.
_CREDIT_MARK = re.compile(r"[|(/©—–.\[-]|F[Oo][Tt][Oo]|B[Ee][Ee][Ll][Dd]")
# A figure, or a picture that stands for one.
FIGURE = re.compile("[\\d\u2600-\u27bf\U0001f300-\U0001faff]")
_ODD = re.compile(r"[^a-z ,.!?:;A-Z0-9\w'\"()“”‘’„…–-]")


def find_shapes(f: Features, text: str, *, figure: bool) -> None:
    """Adds the cues of form.

    Args:
        f: The line.
        text: The line, or its head and tail if it is long.
        figure: Whether it has a `FIGURE`.
    """
    if f.length > 220:
        return
    cues = f.cues
    first, last = text[0], text[-1]
    if caps := text[1:2].isupper() and CAPS_LEAD.match(text):
        kind = "related" if caps[1].startswith(("LEES", "ZIE", "OOK", "BEKIJK OOK")) else "video"
        cues["shape:caps-lead"] = "audio" if caps[1] in {"PODCAST", "LUISTER"} else kind
    # A credit stands at the end, so only the end is searched.
    if last == ".":
        credited = f.sentences <= 1 and text[-2:] == ")." and bool(_CREDIT_FULL.search(text[-90:]))
    else:
        credited = not (last == ")" and f.sentences >= 2) and _is_credit(text)
    if credited:
        cues["shape:credit"] = "caption"
    if not first.isalnum():
        if f.length <= 120 and not f.terminal and _ARROW.match(text):
            cues["shape:arrow"] = "related"
        if _COPYRIGHT.match(text):
            _find_copyright(f)
    elif first in "Cc":
        if _COPYRIGHT.match(text):
            _find_copyright(f)
    elif first in "Bb" and _SOURCE.match(text):
        cues["keep:source"] = ""
    if f.length <= 140:
        _find_short_shapes(f, text, figure=figure)


def _is_credit(text: str) -> bool:
    if (text[0] in "FfBbIiAaPp" or not text[0].isalnum()) and _CREDIT_LEAD.match(text):
        return True
    end = text[-90:]
    if not (end[-1].isalnum() or end[-1] in "_)]'’./-"):
        # After an agency alone anything may stand.
        return _CREDIT_AGENCY.search(end) is not None
    return _CREDIT_MARK.search(end) is not None and _CREDIT_END.search(end) is not None


def _find_copyright(f: Features) -> None:
    if len(f.words) <= 5 and not f.digit_share and _RIGHTS.isdisjoint(f.words):
        # "© Jan Smit" stands under a photograph, and the article goes on below it.
        f.cues["shape:credit"] = "caption"
    else:
        f.cues["shape:copyright"] = "copyright"


def _find_short_shapes(f: Features, text: str, *, figure: bool) -> None:
    cues = f.cues
    if f.length <= 70 and not f.terminal:
        if text[0] in _BY_BEGINS and _BY.match(text):
            cues["shape:by"] = "byline"
        elif text[0].isupper() and _NAME.match(text):
            cues["shape:name"] = "byline"
        elif len(f.words) <= 5 and _ROLE_MARK.search(text) and _ROLE.search(text):
            cues["shape:role"] = "byline"
    _find_odd_shapes(f, text, odd=_ODD.search(text) is not None, figure=figure)


def _find_odd_shapes(f: Features, text: str, *, odd: bool, figure: bool) -> None:
    """What has a mark in it, or a figure, that sentences seldom have."""
    cues = f.cues
    if (odd or " " not in text) and _ADDRESS.match(text):
        cues["shape:address"] = "navigation"
    if (odd or "function" in text) and _CODE_MARK.search(text) and _CODE.search(text):
        cues["shape:code"] = "embed"
    if odd or figure:
        if _PLAYER.match(text):
            cues["shape:player"] = "audio"
        for cue, reason, pattern in _WHOLE:
            if pattern.match(text):
                cues[cue] = reason
                break
        else:
            _find_dates(f, text)
    elif "ago" in text.lower():
        _find_dates(f, text)
    if (odd or "  " in f.text) and not f.terminal and f.length >= 8:
        _find_separators(f, text)


# The whole line is one of these.
_WHOLE = (
    ("shape:time", "dateline", _TIMECODE),
    ("shape:clock", "dateline", _CLOCK_ONLY),
    ("shape:counted", "comments", _COUNTED),
    ("shape:count", "comments", _COUNT_ONLY),
    ("shape:ticker", "navigation", _TICKER),
)


def _find_dates(f: Features, text: str) -> None:
    """Adds the cue of a line of hardly anything but a date or a time."""
    cues = f.cues
    dated = len([w for w in f.words if w[0] in "0123456789" or w.strip(".") in DATE_WORDS])
    if not dated or dated < 0.5 * len(f.words):
        return
    lower = text.lower()
    if _AGO.search(lower):
        cues["shape:ago"] = "dateline"
    when = bool(_FULL_DATE.search(lower)) + bool(_CLOCK.search(lower))
    if text.endswith(("?", "!", ".")) or not when or len(f.words) < 2:
        return
    if when == 2:
        cues["shape:stamp"] = "dateline"
    elif _FULL_DATE.search(lower) or dated == len(f.words) or "gisteren" in lower:
        cues["shape:date"] = "dateline"


def _find_separators(f: Features, text: str) -> None:
    if f.digit_share >= 0.3:
        return
    if len(_CELLS.findall(f.text)) >= 2:
        f.cues["shape:cells"] = "navigation"
    if "://" not in text and _CRUMBS.search(text):
        f.cues["shape:crumbs"] = "navigation"
