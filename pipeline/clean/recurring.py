"""Lines that recur in many articles of one site, learned from the articles themselves.

The contract: what is learned depends on the set of articles and not on their order, and takes
memory for a bounded sample of them. A site is known once it has enough articles that differ; what
is known of it is not changed by later ones, so a run that goes on finds what the run before found.

1. Of each site, the articles with the smallest hashes of their names are kept (bottom-k sampling).
2. Articles that share two of their three longest lines are versions of one article, and count once.
3. A line recurs if it stands in at least `FEWEST` articles and in `SHARE` of the sample. Digits and
case are ignored: "12 reacties" and "3 reacties" are one line.
"""

from __future__ import annotations

import heapq
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import combinations
from urllib.parse import urlsplit

from pipeline.article import Article
from pipeline.clean.features import letters_of
from pipeline.clean.html import looks_like_html, visible_lines
from pipeline.clean.repairs import split_lines

# Articles kept of a site, and sites kept.
SAMPLE, SITES = 256, 2000
# Articles that a site must have, and that a line must stand in; and the least share of the sample.
ENOUGH, FEWEST, SHARE = 8, 4, 0.1

# Of a longer article only the beginning is looked at.
_LONGEST = 100_000
_DIGITS = re.compile("[0-9]+")

# The keys of an article's lines, and of its three longest.
_Read = tuple[frozenset[str], tuple[str, ...]]


def key_of(line: str) -> str:
    """What two lines have in common that are the same but for digits, case and punctuation.

    Empty for a line without letters.
    """
    letters = letters_of(line)
    if not any(map(str.isalpha, letters)):
        return ""
    return blake2b(_DIGITS.sub("0", letters).encode(), digest_size=8).hexdigest()


def site_of(article: Article) -> str:
    """The site of an article: the host of its address; else its folder, or its file of rows."""
    if article.url and (host := urlsplit(article.url).hostname):
        return host
    source = article.source or ""
    file, hash_mark, _ = source.rpartition("#")
    return file if hash_mark else source.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Recurring:
    """The recurring lines of some sites, by site, as keys (see `key_of`)."""

    sites: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def of(self, article: Article) -> frozenset[str]:
        """The keys of the lines that recur at the article's site; none if it is not known."""
        return self.sites.get(site_of(article), frozenset())

    def joined(self, new: Recurring) -> Recurring:
        """Both; of a site in both, what was known before."""
        return Recurring({**new.sites, **self.sites})

    def to_json(self) -> str:
        """The same for the same sites and lines, whatever the order they were learned in."""
        listed = {site: sorted(keys) for site, keys in sorted(self.sites.items())}
        return json.dumps({"version": 1, "sites": listed}, ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Recurring:
        """What `to_json` wrote.

        Raises:
            ValueError: It is something else.
        """
        content = json.loads(text)
        try:
            if content["version"] != 1:
                raise ValueError(f"version {content['version']!r} is not 1")
            return cls({str(site): frozenset(keys) for site, keys in content["sites"].items()})
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"not a table of recurring lines: {error!r}") from None


def learn(articles: Iterable[Article]) -> Recurring:
    """The recurring lines of every site that has enough articles; reads them all once."""
    samples: dict[str, list[int]] = {}
    kept: dict[tuple[str, int], _Read] = {}
    ranks: list[tuple[int, str]] = []
    for article in articles:
        if article.error is not None:
            continue
        site = site_of(article)
        if site not in samples:
            rank = -_hash(site)
            if len(ranks) >= SITES:
                if rank <= ranks[0][0]:
                    continue
                _, out = heapq.heapreplace(ranks, (rank, site))
                for name in samples.pop(out):
                    del kept[out, name]
            else:
                heapq.heappush(ranks, (rank, site))
            samples[site] = []
        _sample(article, site, samples[site], kept)
    return Recurring(
        {
            site: found
            for site, sample in samples.items()
            if (found := _recurring([kept[site, name] for name in sample])) is not None
        }
    )


def _sample(
    article: Article,
    site: str,
    sample: list[int],
    kept: dict[tuple[str, int], _Read],
) -> None:
    name = -_hash(f"{article.source}\0{article.sha256}")
    if (site, name) in kept or (len(sample) >= SAMPLE and name <= sample[0]):
        return
    kept[site, name] = _read(article)
    if len(sample) < SAMPLE:
        heapq.heappush(sample, name)
    else:
        out = heapq.heapreplace(sample, name)
        del kept[site, out]


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest())


def _read(article: Article) -> _Read:
    """The keys of an article's lines, and of its three longest, which tell it from others."""
    text = article.text[:_LONGEST]
    if article.markup == "html" or (article.markup == "auto" and looks_like_html(text)):
        lines = visible_lines(text)
    else:
        lines = [line.text for line in split_lines(text)]
    keys = {key: len(line) for line in lines if (key := key_of(line))}
    longest = sorted(keys, key=lambda key: (-keys[key], key))[:3]
    return frozenset(keys), tuple(longest)


def _recurring(
    articles: list[_Read],
) -> frozenset[str] | None:
    groups = _versions([longest for _, longest in articles])
    count = len(set(groups))
    if count < ENOUGH:
        return None
    found = {
        (key, group) for (keys, _), group in zip(articles, groups, strict=True) for key in keys
    }
    times = Counter(key for key, _ in found)
    least = max(FEWEST, SHARE * count)
    return frozenset(key for key, number in times.items() if number >= least)


def _versions(longest: list[tuple[str, ...]]) -> list[int]:
    """Per article, the group of those that share two of their longest lines, directly or not."""
    parent = list(range(len(longest)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    first: dict[tuple[str, ...], int] = {}
    for i, keys in enumerate(longest):
        for pair in combinations(sorted(keys), 2) if len(keys) > 1 else [keys]:
            parent[root(i)] = root(first.setdefault(pair, i))
    return [root(i) for i in range(len(longest))]
