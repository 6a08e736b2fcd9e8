"""What one line looks like, on its own: words, mood, shape and the cue families it touches.

The contract: a pure function of the line; context is `structure`'s business. The work per line is
bounded: of a very long line only the head and the tail are looked at, so a 30 MB line costs no more
than a long paragraph.
"""

# ruff: noqa: E501  a pattern is read on one line

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache

from pipeline.clean.cues import (
    AUTHORITY,
    CORRECTION,
    CREDITS,
    DATE_WORDS,
    FAMILIES,
    FIRST_PLURAL,
    FUNCTION_WORDS,
    HINTING,
    IMPERATIVES,
    NARRATIVE,
    NEGATION,
    PROSE_WORDS,
    REPORTING,
    SECOND_PERSON,
    Family,
)

_HEAD, _TAIL = 500, 200


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


_WORD = re.compile(r"[^\W_](?:[\w'’.:+/-]*[\w+])?|€|%")
_TERMINAL = (".", "!", "?", "…")
_CLOSERS = "\"'”’»)]*"
_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)]*(?=\s+[\"'“‘„(]*[A-ZÀ-Ý0-9]|\s*$)")
_QUOTED = re.compile(
    r"„[^„”\"]{2,300}[”\"“]|“[^“”]{2,300}”|\"[^\"]{2,300}\"|‘[^‘’]{2,300}(?:’s[^‘’]{0,60})?’(?!\w)|(?<!\w)'[^']{3,200}'(?!\w)|,,[^,\"”]{2,300}[\"”]"
    r"|(?<!\w)’[^’]{3,200}’(?!\w)"
)
_QUOTE_MARK = re.compile("[\"“”„‘’']|,,")
_BULLET = re.compile(r"^(?:[-–—•*▪●◦·✓✔>»]+\s+|\d{1,2}[.)]\s+|[a-h]\)\s+)")
_CLOCK = re.compile(r"\b[0-2]?\d[.:][0-5]\d\b")
_FULL_DATE = re.compile(
    r"\b\d{1,2}[ -](?:jan|feb|mrt|maart|apr|mei|jun|jul|aug|sep|okt|oct|nov|dec)[a-z]*\.?(?:[ -]\d{2,4})?\b|\b\d{1,2}[-/]\d{1,2}[-/]\d{2,4}\b"
)
_AGO = re.compile(
    r"\b\d{1,2} (?:seconden|minuut|minuten|min\.?|uur|uren|dag|dagen|week|weken|maanden) geleden\b"
)
_TIMECODE = re.compile(r"^\(?\d{1,2}:\d\d(?::\d\d)?\)?(?: ?(?:min|uur))?$")
_NAME = re.compile(
    r"^(?:[A-ZÀ-Ý][\w'’.-]+|[A-Z]\.)(?:\s(?:van|de|der|den|ter|ten|te|el|al|'t|Van|De|Den|Vander|’t|la|le|di|von|en|&|[A-ZÀ-Ý][\w'’.-]+|[A-Z]\.)){1,5}(?:,? (?:[Rr]edacteur|[Vv]erslaggever|[Cc]orrespondent|[Jj]ournalist)\w*)?$"
)
_PERSON = r"[A-ZÀ-Ý][\w'’.-]*(?: (?:(?:van|de|der|den|ter|ten|te|el|al|'t|’t|la|le|di|von|en|&) )*[A-ZÀ-Ý][\w'’.-]*)*"
_BY = re.compile(
    # "Door Europa met de trein" is a subhead: what follows is a person, or nothing else.
    rf"^(?:[Dd]oor|DOOR|[Gg]eschreven door|[Tt]ekst|TEKST|[Aa]uteur|[Bb]y|[Vv]an|[Vv]ideo) (?:onze .{{3,50}}|(?:de )?[Rr]edactie\b.{{0,40}}|{_PERSON}(?:/\w+)?(?:,.{{0,50}}| (?:op|om|in|voor|[\d·•|–-]).{{0,50}})?)$"
    r"|^(?:[Dd]oor|DOOR|[Tt]ekst|TEKST|[Aa]uteur|[Bb]y|[Rr]edactie|(?:[Gg]eplaatst|[Gg]eschreven) door|[Tt]ekst en (?:foto|beeld)\w*)\s?[:|]\s?\S.{0,55}$"
    r"|^[Rr]edactie [A-ZÀ-Ý].{0,40}$"
    r"|^(?:[Bb]ron|BRON)\s?[:|]?\s[A-ZÀ-Ý][^\d]{1,35}$"
)
_CREDIT_LEAD = re.compile(
    r"\W*(?:[Ff]oto|FOTO|[Bb]eeld|BEELD|[Ff]oto['’]s|[Ff]otografie|[Ii]llustraties?|[Aa]rchieffoto|[Aa]rchiefbeeld|[Pp]hoto)\s?(?:[:©/|]|[A-ZÀ-Ý][\w'’-]+(?: [\w'’-]+){0,4}$)"
)
_CREDIT_END = re.compile(
    r"(?:^|[|(.,—–-]\s?|\s)(?:FOTO|BEELD|Foto|Beeld|Foto's|Foto’s)(?:S|'S|’S)?:?\s(?:©\s?)?[A-ZÀ-Ý][\w'’.-]+(?: [\w'’./-]+){0,4}\)?$"
    rf"|(?:[|(/©—–-]|\.)\s?(?:[Ff]oto|[Bb]eeld)?[: ]*(?:©\s?)?(?:{CREDITS})\b.{{0,30}}$"
    r"|\s[—–|-]?\s?©\s?[\w'’ ./-]{2,50}$"
)
_COPYRIGHT = re.compile(r"^\W*(?:©|\(c\)|[Cc]opyright\b)\s?.{0,140}$")
_CRUMBS = re.compile(r"\s(?:>|»|›|/|→)\s|^\W*[\w&' -]{2,20} / [\w&' -]{2,20}$")
_CELLS = re.compile(r"\s[|•·∙]\s|\s{2,}")
_SELF = re.compile(
    r"\W*(?:dit|deze) (?:artikel|productie|verhaal|bericht|tekst|publicatie|reportage|item)\b"
)
_ARROW = re.compile(r"[→►▶➤➜⇒]\s*\w")
_CELL_MARK = re.compile("[|•·∙]|  ")
_CRUMB_MARK = re.compile("[>»›/→]")
_EMOJI_OR_ARROW = re.compile(r"^[▶►▸➤→⚽\U0001f300-\U0001faff☞✉✍📧*>»]+\s*")
_CAPS_LEAD = re.compile(
    r"^(LEES(?: OOK| MEER| VERDER)?|KIJK(?: OOK| HIER)?|BEKIJK(?: OOK)?|ZIE OOK|LUISTER(?: OOK)?|PODCAST|VIDEO|IN BEELD|OOK|FOTO'S|FOTOSPECIAL|REPORTAGE)\s?[.:|]\s?(?=\S)"
)
_ADDRESS = re.compile(
    r"^(?:https?://|www\.)\S+$|^@\w+$|^#\w+(?: #\w+)*$|^[\w-]+\.(?:nl|be|com|eu|example|org|net)$"
)
_COUNT_ONLY = re.compile(r"^\(?\d{1,5}\)?$")
_MONEY = re.compile(r"(?:€|\beuro\b|\beur\b|\$)\s?\d|\d\s?(?:€|euro\b|procent korting)")
_SENTENCE_START = re.compile(r"(?:^|[.!?]\s+|:\s+|,\s+dan\s+)\W*([^\W\d_]+)")

# "Deel van …" is a noun; "Bekijk je de cijfers, dan …" is a condition; "Volg je de koers?" is a
# question.
_NO_REQUEST = re.compile(
    r"deel (?:van|uit|twee|een|\d)\b|(?:meer|open|start|stem|app|mail|tip|plan|test|win|print|link) (?:van|is|was|werd)\b"
    r"|\w+ (?:je|u|jij|hij|ze|het|de) [^,.!?]{3,90}, (?:dan|is|zijn|kun|kunt|heb|hebt|krijg|krijgt|kan|kunnen|moet|zie|ziet|word|wordt)\b"
    r"|\w+ (?:jij|u|je) (?:zelf|ook|nog|wel|dan)?\s?[^,.!?]{0,60}\?"
)


# One of these is in every correction.
_CORRECTING = frozenset(
    """correctie rectificatie erratum naschrift aanvulling verbetering update versie bericht artikel eerder aanvankelijk
    abusievelijk onrechte""".split()
)


@dataclass(frozen=True, slots=True)
class _Compiled:
    reason: str
    anchored: re.Pattern[str] | None
    free: tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True)
class _Index:
    """The families turned inside out: from a word to what it may mean."""

    triggers: dict[str, tuple[int, ...]]
    topics: dict[str, tuple[str, ...]]
    suffixes: tuple[tuple[str, int], ...]
    endings: tuple[str, ...]
    furniture: dict[str, tuple[str, ...]]
    families: tuple[_Compiled, ...]


def _compile(family: Family) -> _Compiled:
    anchored = [
        phrase for phrase in family.phrases if phrase.startswith("^") and "|^" not in phrase
    ]
    free = [phrase for phrase in family.phrases if phrase not in anchored]
    return _Compiled(
        family.reason,
        re.compile("|".join(f"(?:{phrase})" for phrase in anchored)) if anchored else None,
        tuple(re.compile(phrase) for phrase in free),
    )


@cache
def index() -> _Index:
    """The look-up tables, built once from `FAMILIES`."""
    triggers: dict[str, list[int]] = {}
    topics: dict[str, list[str]] = {}
    furniture: dict[str, list[str]] = {}
    suffixes: list[tuple[str, int]] = []
    for i, family in enumerate(FAMILIES):
        for word in dict.fromkeys([*family.triggers.split(), *family.topic.split()]):
            triggers.setdefault(word, []).append(i)
        for word in dict.fromkeys(family.topic.split()):
            topics.setdefault(word, []).append(family.reason)
        for word in dict.fromkeys(family.furniture.split()):
            if word in FUNCTION_WORDS:
                # In a list because it stands in a label, but no label by itself.
                continue
            furniture.setdefault(word, []).append(family.reason)
        suffixes += [(suffix, i) for suffix in family.suffixes.split()]
    return _Index(
        {word: tuple(hits) for word, hits in triggers.items()},
        {word: tuple(hits) for word, hits in topics.items()},
        tuple(suffixes),
        tuple(suffix for suffix, _ in suffixes),
        {word: tuple(hits) for word, hits in furniture.items()},
        tuple(_compile(family) for family in FAMILIES),
    )


# One word is enough for these; other one-word labels may well be a subhead.
_SOLO = frozenset(
    """menu inloggen login registreren advertentie advertenties advertisement nieuwsbrief tags reacties delen deel facebook twitter
    whatsapp linkedin instagram e-mail email mail x share tweet tweeten pin print premium accepteren abonneren aanmelden cookies colofon
    privacy sitemap rss doneer vacatures archief toegankelijkheid toegankelijkheidsverklaring privacyverklaring privacybeleid
    privacystatement disclaimer afdrukken volgen telegram bluesky mastodon pinterest youtube tiktok bewaar home zoeken oneens""".split()
)
_WEAK_FAMILIES = frozenset(
    (
        "section",
        "navigation",
        "poll",
        "related",
        "byline",
        "audio",
        "video",
        "dateline",
        "caption",
        "tags",
        "author",
        "contact",
        "promotion",
    )
)


def measure(text: str, *, gap: bool) -> Features:
    """All features of one repaired line."""
    f = Features(text, gap, length=len(text))
    sample = text if f.length <= _HEAD + _TAIL else f"{text[:_HEAD]} {text[-_TAIL:]}"
    if "  " in sample:
        # Only the cells of a menu are told by their two spaces.
        sample = " ".join(sample.split())
    _measure_form(f, sample)
    own = sample
    if f.length >= 150 and _is_plainly_told(f, sample):
        return f
    if _QUOTE_MARK.search(sample):
        # What is said between quotation marks is the speaker's, not the site's.
        own = _QUOTED.sub(" ", sample)
        f.quoted = (
            sample[0] in "\"'“„‘’,"
            and own != sample
            and len(own.strip(" .,:;!?-–")) < 0.15 * len(sample)
        )
    lower = own.lower()
    words = f.words if own is sample else _WORD.findall(lower)
    _measure_mood(f, own, lower, words)
    _find_families(f, lower, words)
    _find_shapes(f, sample)
    if f.length <= 90:
        _find_label(f)
    return f


# Without one of these, a paragraph addresses nobody, within quotation marks or without.
_ADDRESSING = SECOND_PERSON | FIRST_PLURAL | IMPERATIVES | _CORRECTING


def _is_plainly_told(f: Features, sample: str) -> bool:
    """The short way for most paragraphs: told or said, and to nobody, so no family can outweigh it."""
    unique = set(f.words)
    reported = not REPORTING.isdisjoint(unique)
    narrative = not NARRATIVE.isdisjoint(unique)
    if (
        not f.prose
        or not (reported or narrative)
        or not _ADDRESSING.isdisjoint(unique)
        or not sample[0].isalnum()
        or sample.rstrip(_CLOSERS).endswith("?")
        or "opyright" in sample
        or _CAPS_LEAD.match(sample)
    ):
        return False
    if reported:
        f.reported = True
        f.cues["keep:reported"] = ""
    if narrative:
        f.cues["keep:narrative"] = ""
    return True


def _measure_form(f: Features, sample: str) -> None:
    f.words = _WORD.findall(sample.lower())
    bare = sample.rstrip(_CLOSERS)
    f.terminal = bare.endswith(_TERMINAL)
    f.sentences = len(_SENTENCE_END.findall(sample)) if f.length > 40 else int(f.terminal)
    count = len(f.words) or 1
    f.prose_share = len([word for word in f.words if word in PROSE_WORDS]) / count
    f.digit_share = len([word for word in f.words if word[0] in "0123456789"]) / count
    f.bullet = bool(_BULLET.match(sample))
    f.headline = (
        not bare.endswith((".", ":", ";", ","))
        and 4 <= len(f.words) <= 26
        and f.length <= 190
        and not sample[0].islower()
        and f.sentences <= 2
    )


def _measure_mood(f: Features, own: str, lower: str, words: list[str]) -> None:
    cues = f.cues
    unique = set(words)
    if not IMPERATIVES.isdisjoint(unique) and _asks(lower):
        cues["mood:imperative"] = ""
    if unique & SECOND_PERSON:
        cues["mood:reader"] = ""
    if unique & FIRST_PLURAL:
        cues["mood:house"] = ""
    _measure_voice(f, own, lower, unique)
    if unique & AUTHORITY:
        cues["keep:authority"] = ""
    if unique & NEGATION and "mood:imperative" in cues:
        cues["keep:negation"] = ""
    if f.length >= 40 and not _CORRECTING.isdisjoint(unique) and CORRECTION.search(lower[:300]):
        cues["keep:correction"] = ""
    if f.length <= 45 and own.endswith("!"):
        cues["mood:shout"] = "promotion"
    if _SELF.match(lower):
        cues["self:article"] = ""
    if ("eur" in lower or "€" in lower or "$" in lower or "korting" in lower) and _MONEY.search(
        lower
    ):
        cues["topic:money"] = "promotion"


def _measure_voice(f: Features, own: str, lower: str, unique: set[str]) -> None:
    """Whether something is said or told, as articles do."""
    cues = f.cues
    if f.terminal and f.length > 40 and not lower.rstrip(_CLOSERS).endswith("?"):
        if unique & REPORTING or _attributed(f.text):
            # "Meld je aan, zegt Prins": somebody says it, so the site does not.
            f.reported = True
            cues["keep:reported"] = ""
        elif (
            # "Laat je adres achter" reports nothing.
            unique & (HINTING - IMPERATIVES if "mood:imperative" in cues else HINTING)
            and "mood:house" not in cues
        ):
            f.reported = own is not f.text
            cues["keep:hinted"] = ""
        if unique & NARRATIVE:
            cues["keep:narrative"] = ""


_ATTRIBUTION = re.compile(r"[,?!\"”’']\s(?:zo |dan |dus )?([a-zà-ÿ]+)\s(?=\w)")


def _attributed(text: str) -> bool:
    """Whether somebody is said to say it: '…, vindt Prins', '…, zo vat zij het samen'."""
    return any(verb in HINTING for verb in _ATTRIBUTION.findall(text, 0, _HEAD))


def _asks(lower: str) -> bool:
    for match in _SENTENCE_START.finditer(lower):
        if match[1] in IMPERATIVES and not _NO_REQUEST.match(lower, match.start(1)):
            return True
    return False


def _find_families(f: Features, lower: str, words: list[str]) -> None:
    cues = f.cues
    if f.prose and f.length >= 90:
        mood = cues.keys() & {"mood:imperative", "mood:reader", "mood:house"}
        if f.reported or (not mood and ("keep:narrative" in cues or f.length >= 200)):
            # It is told or said, or long and to nobody: no family could outweigh that. This is most
            # of an article.
            return
    table = index()
    hit: set[int] = set()
    for word in words:
        found = table.triggers.get(word)
        if found is not None:
            hit.update(found)
            for reason in table.topics.get(word, ()):
                cues[f"topic:{reason}"] = reason
        elif "-" in word and (found := table.triggers.get(word.partition("-")[0])) is not None:
            hit.update(found)
        elif len(word) >= 9 and word.endswith(table.endings):
            for suffix, i in table.suffixes:
                if word.endswith(suffix):
                    hit.add(i)
                    reason = table.families[i].reason
                    cues[f"topic:{reason}"] = reason
    if not hit:
        return
    start = _EMOJI_OR_ARROW.sub("", lower) if lower and not lower[0].isalnum() else lower
    for i in hit:
        family = table.families[i]
        if (family.anchored is not None and family.anchored.match(start)) or any(
            phrase.search(start) for phrase in family.free
        ):
            cues[f"phrase:{family.reason}"] = family.reason


def _find_shapes(f: Features, text: str) -> None:
    cues = f.cues
    if f.length <= 220:
        caps = _CAPS_LEAD.match(text)
        if caps:
            kind = (
                "related" if caps[1].startswith(("LEES", "ZIE", "OOK", "BEKIJK OOK")) else "video"
            )
            cues["shape:caps-lead"] = "audio" if caps[1] in {"PODCAST", "LUISTER"} else kind
        # A credit stands at the end, so only the end is searched.
        if text[-1] != "." and (_CREDIT_LEAD.match(text) or _CREDIT_END.search(text[-90:])):
            cues["shape:credit"] = "caption"
        if f.length <= 120 and not f.terminal and _ARROW.match(text):
            cues["shape:arrow"] = "related"
        if _COPYRIGHT.match(text):
            cues["shape:copyright"] = "copyright"
    if f.length <= 140:
        _find_short_shapes(f, text)


def _find_short_shapes(f: Features, text: str) -> None:
    cues = f.cues
    if f.length <= 70 and not f.terminal:
        if _BY.match(text):
            cues["shape:by"] = "byline"
        elif _NAME.match(text):
            cues["shape:name"] = "byline"
    if _ADDRESS.match(text):
        cues["shape:address"] = "navigation"
    if _TIMECODE.match(text):
        cues["shape:time"] = "dateline"
    elif _COUNT_ONLY.match(text):
        cues["shape:count"] = "comments"
    elif dated := len([w for w in f.words if w[0] in "0123456789" or w.strip(".") in DATE_WORDS]):
        lower = text.lower()
        if _AGO.search(lower) and dated >= 0.5 * len(f.words):
            cues["shape:ago"] = "dateline"
        when = bool(_FULL_DATE.search(lower)) + bool(_CLOCK.search(lower))
        if (
            not text.endswith(("?", "!", "."))
            and when
            and dated >= 0.5 * len(f.words)
            and len(f.words) >= 2
        ):
            if when == 2:
                cues["shape:stamp"] = "dateline"
            elif _FULL_DATE.search(lower) or dated == len(f.words) or "gisteren" in lower:
                cues["shape:date"] = "dateline"
    _find_separators(f, text)


def _find_separators(f: Features, text: str) -> None:
    cues = f.cues
    if not f.terminal and f.length >= 8:
        cells = len(_CELLS.findall(f.text)) if _CELL_MARK.search(f.text) else 0
        if cells >= 2 and f.digit_share < 0.3:
            cues["shape:cells"] = "navigation"
        if (
            _CRUMB_MARK.search(text)
            and _CRUMBS.search(text)
            and f.digit_share < 0.3
            and "://" not in text
        ):
            cues["shape:crumbs"] = "navigation"


def _find_label(f: Features) -> None:
    """A line of nothing but furniture is a label: of the family that has most of its words."""
    if not f.words:
        # Thumbs, arrows, stars.
        f.cues["shape:symbols"] = "navigation"
    words = [word for word in f.words if not word.isdigit()]
    if not words or len(words) > 12:
        return
    tables = index()
    table = tables.furniture
    votes: Counter[str] = Counter()
    furniture = 0
    for word in words:
        reasons = table.get(word)
        if reasons is not None:
            furniture += 1
            votes.update(reasons)
        elif len(word) >= 8 and word.endswith(tables.endings):
            furniture += 1
            votes.update(
                tables.families[i].reason for end, i in tables.suffixes if word.endswith(end)
            )
        elif word not in FUNCTION_WORDS:
            return
    if not furniture or f.text.endswith((".", ",")):
        return
    best = max(votes, key=lambda reason: (votes[reason], reason != "navigation"))
    f.label = best
    # "Naam en e-mailadres" with a bullet is an item of the article's list.
    solo = furniture == 1 and _SOLO.isdisjoint(words)
    weak = f.bullet or (solo and (len(words) == 1 or best in _WEAK_FAMILIES))
    f.cues["label:weak" if weak else "label:furniture"] = best
