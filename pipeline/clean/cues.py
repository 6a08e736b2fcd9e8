"""What boilerplate talks about and how, as data, in Dutch, Flemish and the English of Dutch sites.

The contract: nothing here knows a site, and no entry is a sentence copied from one. A family is a
set of words and a few turns of phrase; what a hit is worth stands in `pipeline.clean.decide`, and
where it counts in `structure`.

Per family:

- `furniture`: words of its labels. A short line made of nothing but furniture and function words is
  a label ("Deel dit bericht via WhatsApp", "Kopieer link", "0 reacties").
- `topic`: words it is about. A weak cue: an article can be about a newsletter too. Compounds count
  ("ochtendnieuwsbrief").
- `phrases`: turns of phrase that hardly occur in an article's own voice. Only looked for when one
  of the family's `triggers` (or topic words) is in the line, so that ordinary prose costs a few
  dictionary look-ups.
"""

from __future__ import annotations

from pipeline.clean.cues_article import ARTICLE
from pipeline.clean.cues_site import SITE
from pipeline.clean.family import Family

FAMILIES: tuple[Family, ...] = (*SITE, *ARTICLE)
