"""Words by their part in a line, as data: who speaks, to whom, of when, and what says nothing.

The contract: lower-case words and nothing else, but for `CORRECTION`, a turn of phrase that ends
all argument. What a hit is worth stands in the table of points.
"""

# ruff: noqa: E501  a turn of phrase is read and changed on one line

from __future__ import annotations

import re

# Words that say nothing by themselves; a label may have them.
FUNCTION_WORDS = frozenset(
    """de het een dit deze dat die van voor op via met in te je jou jouw jij u uw ons onze en of om naar alle hier nu
    als aan bij uit over tot al ook er is zijn je op the a to of and our your on by for door onder na per w €  %""".split()
)

# Words that make running prose: their share tells a sentence from a headline or a menu.
PROSE_WORDS = frozenset(
    """de het een en van in is dat op te zijn met voor die niet aan er om ook als maar dan bij nog wordt werd heeft
    hebben had uit naar over door worden deze kan dit zich of al hij ze zij ik we je was waren ons hun haar hem moet wel
    geen meer zo tot tegen onder toen omdat want terwijl volgens na men er daar hier wie wat waar hoe zou zouden""".split()
)

SECOND_PERSON = frozenset("je jij jou jouw jullie u uw uzelf jezelf your you".split())
FIRST_PLURAL = frozenset("ons onze wij we our us".split())

# Verbs with which a site asks something of its reader, as they stand at the head of a sentence.
IMPERATIVES = frozenset(
    """abonneer download installeer volg deel meld schrijf registreer ontvang claim profiteer bestel koop probeer bekijk
    lees luister beluister kijk check ontdek klik stem reageer discussieer praat doe steun doneer word sluit neem kies vergelijk
    bespaar open start stort speel wed win maak log tip mail app bel stuur vul krijg pak grijp mis blijf vraag boek
    shop solliciteer scroll swipe tik zet activeer accepteer beheer pas ga spring toon laad sorteer verberg bewaar print
    kopieer geef trakteer help handel begin plan haal reserveer investeer test beleef voeg like bereken laat
    subscribe sign follow share join read watch listen buy get click leave discover try""".split()
)

# Who said it: an article reports, a site addresses.
REPORTING = frozenset(
    """zegt zei zeiden aldus volgens vertelt vertelde schreef meldt meldde adviseert adviseerde waarschuwt waarschuwde benadrukt
    benadrukte erkent erkende ontkent ontkende verklaarde verklaart antwoordt antwoordde concludeert concludeerde blijkt bleek
    jubelde mopperde briest vermoedt vermoedde stelde noemde verwachtte dacht beaamt oordeelde oordeelt""".split()
)

# Verbs that report only with some help: "vindt", "staat" and "schrijft" have other uses.
HINTING = frozenset(
    """zeggen schrijft vindt vond stelt laat liet noemt legt besluit vraagt vroeg lacht staat stond riep roept denkt verwacht vat
    ontdekten ontdekte onderzochten herinnert vreest hoopt wijst wees reageert reageerde prees""".split()
)

# What a news story tells: who did what, in the past.
NARRATIVE = frozenset(
    """werd werden was waren had hadden kwam kwamen ging gingen deed kreeg kregen nam namen bleef bleven viel vielen moest
    moesten kon konden wilde wilden vond vonden verloor won gebeurde begon begonnen gisteren""".split()
)

NEGATION = frozenset("niet nooit".split())

# Offices that address the reader through the article: a call by the police is news.
AUTHORITY = frozenset(
    """politie gemeente brandweer rivm knmi ggd ministerie kabinet belastingdienst provincie rijkswaterstaat ziekenhuis
    consumentenbond fraudehelpdesk museum huisarts bank rechtbank curator waterschap nvwa overheid gemeenten veiligheidsregio
    uwv recherche universiteit verzekeraar zorgverzekeraar maatschappij geschillencommissie toezichthouder parket onderzoekers""".split()
)

# Words of dates and times; a line of hardly anything else is a dateline.
DATE_WORDS = frozenset(
    """maandag dinsdag woensdag donderdag vrijdag zaterdag zondag ma di wo do vr za zo januari februari maart april mei
    juni juli augustus september oktober november december jan feb mrt apr jun jul aug sep sept okt nov dec uur om
    vandaag gisteren eergisteren geleden minuten minuut uren dagen dag seconden update updated bijgewerkt laatste laatst gewijzigd
    aangepast gepubliceerd geplaatst published op in on at gisteravond vanochtend vanmiddag vanavond min nieuwsbericht persbericht
    leestijd bron""".split()
)

# Agencies and stocks that are credited under a photograph.
CREDITS = (
    r"ANP|AFP|AP|EPA|Reuters|Belga|Getty(?: Images)?|Shutterstock|iStock|Imago|Pro ?Shots?|ProFoto|Hollandse Hoogte|Unsplash|Pexels"
    r"|Pixabay|Adobe Stock|Alamy|DPA|Photo ?News|BELGAIMAGE|Cor Vos|Depositphotos|Novum|Archief(?:foto)?|archief(?:foto)?|eigen foto"
)

CORRECTION = re.compile(
    r"(?:^\W*(?:correctie|rectificatie|erratum|naschrift|aanvulling|verbetering)\b\s*[:(]"
    r"|^\W*(?:update|correctie|rectificatie)\b.{0,40}:.{10}"
    r"|\b(?:eerdere|vorige) versie van dit\b|\bin een eerder(?:e)? (?:bericht|versie|artikel)\b"
    r"|\bstond (?:aanvankelijk|eerder|abusievelijk|ten onrechte)\b|\baanvankelijk stond\b|\bwerd eerder (?:ten onrechte|abusievelijk)\b)",
    re.IGNORECASE,
)
