"""The cue families of what hangs on an article: pointers, credits, media, reactions, colophon."""

# ruff: noqa: E501  a turn of phrase is read and changed on one line

from __future__ import annotations

from pipeline.clean.family import Family

ARTICLE: tuple[Family, ...] = (
    Family(
        reason="related",
        furniture="""lees ook bekijk meer over gerelateerd gerelateerde nieuws artikelen artikels gelezen meest bekeken populair populaire
            trending recent recente recentste interessant verwant verwante aanbevolen tips redactie zie eerder dossier uit rubriek
            deze net binnen laatste headlines anderen lazen vind misschien leuk dit vast keuze van onze lezers meestgelezen
            verder related read popular latest more also uitgelicht eerdere berichten verhalen probeer eens van het web
            beste beluister luister over kijk lees documenten onderwerp onderwerpen must reads lezen""",
        triggers="gemist gezien recensies columns interviews verhalen reportages reviews recepten blogs reacties vacatures dossiers edities alles alle verder nog missen kijktip leestip luistertip lezen read see post ander overig laatste nieuws ook lees bekijk beluister zie kijk meer lazen leuk interessant eerder gelezen populair related tegenkomen luister ontdek probeer",
        phrases=(
            r"^\W*(?:vond|vind) (?:je|u) dit (?:artikel |verhaal |stuk )?(?:interessant|leuk|boeiend)\b",
            r"^\W*(?:niet te missen|mis ook niet|kijktip|leestip|luistertip|meer lezen|verder lezen|ook leuk)\s?[:|]",
            r"^\W*(?:lees|bekijk|beluister|luister|kijk|zie|check|ontdek|probeer)(?: hier| hieronder| ook)? ook\b(?! (?:niet|al|maar)\b)",
            r"^\W*(?:lees|bekijk|luister|beluister|ontdek)(?: er)?(?: hier)?(?: ook)?(?: verder| meer)?\s?[:|>»→]",
            r"^\W*(?:ook|misschien|wellicht|vast|eerder|verder|meer)\b.{0,30}\b(?:interessant|leuk|lezen|gelezen|verschenen|op deze site|tegenkomen)\b\W*$",
            r"^\W*(?:dit|deze)\b.{0,12}\b(?:vind|vindt|zijn|is|las|lazen)\b.{0,30}\b(?:interessant|leuk|lezen|ook)\b\W*$",
            r"^\W*(?:anderen|andere lezers|lezers) (?:lazen|bekeken|lezen)\b.{0,15}$",
            r"^\W*lees (?:hier )?meer(?: over| van| op)\b[^.]{0,60}$",
            r"^\W*meer (?:nieuws |artikelen |verhalen |berichten )?(?:over|uit|van|in) [^.?!]{2,40}$",
            r"^\W*(?:het |de )?(?:meest|best|vaakst) (?:gelezen|bekeken|besproken|gedeeld|recent\w*)\b[^.]{0,30}$",
            r"^\W*(?:lees|bekijk) (?:hier|het|alle|de)\b[^.]{0,50}\b(?:liveblog|dossier|overzicht|stand|uitslagen|schema|speelschema|uitzending|aflevering)\b[^.]{0,20}$",
            r"[|:] ?bekijk (?:hier )?(?:de|het|alle) (?:volledige |complete |hele )?(?:stand|uitslag|uitslagen|overzicht|programma|speelschema)$",
            r"^\W*(?:read|see) (?:more|also|next)\b",
            r"^the post\b.{3,200}\b(?:appeared first on|is provided by)\b",
            r"^lees (?:meer|verder)(?: hier)?\W*$",
            r"^\W*(?:ook|nog meer) (?:lekker|leuk|handig|interessant|nieuw|goed|het lezen waard)\s?[:|]",
            r"^\W*(?:heb je dit (?:al )?(?:gelezen|gezien)|dit heb je gemist|gemist)\b\W*.{0,8}$",
            r"^\W*(?:meer|andere|alle|eerdere|nieuwste|laatste|recente) (?:recensies|columns|interviews|verhalen|reportages|reviews|recepten|video's|podcasts|blogs|reacties|vacatures|dossiers|afleveringen|edities)\b[^.?!]{0,30}$",
            r"^\W*(?:ook|verder|meer) (?:in|uit|van|binnen|op) [^.?!:]{2,30}:?$",
            r"^\W*(?:alles|alle (?:artikelen|berichten|verhalen)) (?:van|over|uit|door)\b[^.?!]{2,40}$",
            r"^\W*(?:ander|overig|laatste|meer|nog meer) (?:nieuws|krantenkoppen)\b[^.?!]{0,30}$",
        ),
    ),
    Family(
        reason="byline",
        furniture="redactie redacteur verslaggever correspondent auteur door tekst freelance journalist onze van sport",
        triggers="door tekst auteur by redactie correspondent verslaggever",
        phrases=(
            r"^(?:door|by|tekst|auteur|author|van)\b:? (?:onze|een) (?:\w+ ){0,2}\w*(?:redact\w*|correspondent|verslaggever|verslaggeefster|medewerker)\b",
        ),
    ),
    Family(
        reason="dateline",
        furniture="gepubliceerd bijgewerkt gewijzigd geplaatst update updated published laatste aangepast laatst vandaag gisteren",
    ),
    Family(
        reason="reading time",
        furniture="leestijd leesduur leestijd: minuten leestijd min minuut minuten",
        triggers="leestijd leesduur read min minuten",
        phrases=(
            r"^\W*(?:geschatte )?(?:leestijd|leesduur)\b.{0,25}$",
            r"\b\d{1,2}(?:[-–]\d{1,2})? ?(?:min\.?|minuten?|minutes?) (?:leestijd|leesduur|read)\b",
            r"^\W*\d{1,2}(?:[-–]\d{1,2})? ?(?:min\.?|minuut|minuten) (?:lezen|leeswerk)\W*$",
        ),
    ),
    Family(
        reason="caption",
        furniture="foto foto's beeld illustratie archieffoto archiefbeeld fotograaf fotografie illustraties stockfoto ter archief",
        triggers="afbeelding foto verder hieronder audio tabel advertentie foto foto's afbeelding video beeld illustratie archieffoto fotografie kaart grafiek tweet",
        phrases=(
            r"^\W*(?:afbeelding|foto|beeld) \d{1,3} (?:van|/|of) \d{1,3}\W*$",
            r"^\W*(?:foto|foto's|beeld|illustratie|archieffoto|archiefbeeld|fotograaf|fotografie|bron foto|photo|foto’s)\s?(?:[:©|/]|ter illustratie\b|uit archief|van archief)",
            r"^\W*(?:de |dit |het )?(?:tekst|artikel|verhaal|bericht|lees)\b.{0,12}\b(?:gaat|loopt|verder|hieronder)\b.{0,12}(?:\bverder|\bdoor|\bhieronder)\W*$",
            r"\blees (?:hier )?verder (?:onder|na) (?:de|het)\b.{0,25}$",
            r"^klik op de (?:foto|afbeelding|kaart)\b",
            r"^\W*(?:de |dit |het )?(?:lees|tekst|artikel|verhaal|bericht|verder|gaat)\b.{0,30}\b(?:onder|na)(?: de| deze| het| dit)? (?:audio|tabel|video|advertentie|foto|foto's|afbeelding|afbeeldingen|beeld|illustratie|kaart|kaartje|grafiek|tweet|bericht|infographic|fotoserie|post|graphic|link)\b.{0,12}$",
        ),
    ),
    Family(
        reason="video",
        furniture="video video's afspelen speel play samenvatting bekijk kijk terug reportage beelden seconden livestream",
        topic="video filmpje livestream",
        triggers="videospeler audiospeler player beluister luister video video's reportage beelden samenvatting filmpje uitzending kijk bekijk livestream gesprek interview fragment",
        phrases=(
            r"\b(?:onder|na) (?:de|deze|het|dit) (?:video|filmpje|fragment|reportage|livestream|uitzending|clip)\b.{0,12}$",
            r"^\W*(?:bekijk|kijk|zie)\b.{0,20}\b(?:hier|hieronder|in deze video)\b",
            r"^\W*(?:bekijk|kijk)\b[^,]{0,30}\b(?:video|beelden|reportage|samenvatting|uitzending|fragment|livestream|gesprek)\b[^.]{0,60}[:.]?$",
            r"^(?:kijk|video|bekijk|in beeld|fotospecial|podcast|luister|live)[.:|] ?[^.]*:$",
            r"^\W*(?:video|filmpje)\W{1,4}(?:bekijk|kijk|zo|hier|zie|dit|deze)\b[^.]{3,90}$",
            r"^\W*video\W+[^.]{3,90}\(\d{1,2}:\d\d\)$",
            r"^\W*(?:bekijk|kijk|beluister|luister)\b\W{1,4}\w.{0,60}:$",
            r"\b(?:videospeler|audiospeler|player)\b.{0,20}\b(?:inladen|laden|loading)\b|^(?:audio|video)speler$",
            r"\b(?:video|stream|fragment)\b.{0,20}\b(?:niet|helaas)\b.{0,20}\b(?:beschikbaar|afspelen|geladen|worden afgespeeld|worden getoond)",
        ),
    ),
    Family(
        reason="audio",
        furniture="luister beluister beluisteren luisteren audio podcast podcasts voorlezen spotify afspelen aflevering artikel dit naar lees voor",
        topic="podcast podcasts",
        suffixes="podcast",
        triggers="webreader readspeaker voor luister beluister podcast podcasts podcastserie podcastreeks audio voorlezen spotify afleveringen aflevering",
        phrases=(
            r"^lees voor\b.{0,25}$",
            r"^\W*(?:luister|beluister)\b.{0,15}\b(?:naar )?(?:dit|het) (?:artikel|verhaal|bericht)\b",
            r"^\W*(?:luister|beluister|abonneer)\b.{0,60}podcast\b(?:.{0,60}\b(?:via|op|in|hier)\b|.{0,30}$)",
            r"\b(?:waar je (?:ook )?(?:je podcasts )?luistert|je favoriete podcast-?app|alle podcastapps|apple podcasts?)\b",
            r"\bonze (?:nieuwe )?podcast\w*\b|\bafleveringen\b.{0,30}luister",
            r"\bonze podcast\b.{0,60}(?:hier|spotify|luister|via|$)",
        ),
    ),
    Family(
        reason="embed",
        furniture="bekijk bericht op instagram tweet post embed",
        triggers="bericht post video openen embed facebook bekijk youtube bluesky cookies video view shared instagram tweet facebook tiktok gedeeld inhoud content bericht",
        phrases=(
            r"^\W*(?:dit|deze) \w{3,12} (?:bekijken|openen|weergeven) op (?:instagram|x|twitter|facebook|tiktok|youtube|threads|bluesky)\W*$",
            r"\b(?:video|bericht|tweet|inhoud|content|post)\b.{0,80}\bcookies\b.{0,20}\b(?:accepte|toesta)",
            r"\b(?:bekijk|zie|toon)\b.{0,15}\b(?:bericht|post|video|tweet)\b.{0,15}\b(?:op|via) (?:instagram|facebook|x|twitter|tiktok|threads|youtube)\b",
            r"\b(?:deze|dit|de)\b.{0,10}\b(?:inhoud|content|tweet|bericht|video|onderdeel)\b.{0,10}\b(?:kan|kunnen)\b.{0,10}\bniet\b",
            r"^(?:een )?(?:bericht|post) (?:gedeeld|geplaatst) door\b",
            r"\b(?:kunnen|kan)\b.{0,15}\b(?:deze|dit|de)\b.{0,15}\b(?:inhoud|content|tweet|bericht|video|onderdeel)\b.{0,25}\b(?:niet|helaas)\b.{0,12}(?:tonen|laden|getoond|weergeven)?",
            r"\b(?:a post shared by|view this post)\b|^embed(?:ded)? (?:from|van)\b",
            r"^\W*bekijk (?:dit|deze|het|hem)?\s?(?:bericht|post|video|tweet)?\s?op (?:instagram|facebook|x|twitter|tiktok|youtube|bluesky)\W*$",
        ),
    ),
    Family(
        reason="tags",
        furniture="tags tag trefwoorden onderwerpen labels thema's thema",
        triggers="categorie categorieën rubriek tags tag onderwerpen trefwoorden thema's labels",
        phrases=(
            r"^\W*(?:tags?|onderwerpen|trefwoorden|categorie|categorieën|rubriek|thema's|labels|dossiers?)\s?:",
        ),
    ),
    Family(
        reason="comments",
        furniture="""reactie reacties reageer reageren comments comment opmerkingen plaats laat achter leave feedback reply
            beantwoord moderatie huisregels uitgeschakeld gesloten""",
        topic="reacties reageer reageren huisregels",
        triggers="reageren velden e-mailadres browser meepraten reageer reageren reactie reacties praat ingelogd discussieer comment comments discussie forum huisregels mening ",
        phrases=(
            r"^\W*(?:wil|wilt) (?:je|jij|u) (?:ook )?reageren\b.{0,3}\?",
            r"^\W*(?:\d+|geen|nog geen|alle|bekijk)? ?(?:reacties?|comments?|opmerkingen)\b.{0,3}\(?\d*\)?(?: ?[•|·].{0,30})?$",
            r"^\W*(?:reageer|reageren|discussieer|praat|geef)\b.{0,40}\b(?:mee|artikel|bericht|eerste|forum|mening|reactie)\b",
            r"\b(?:reageer en praat|praat mee|discussieer mee|laat (?:het|je reactie|een reactie)|reageer (?:als eerste|hier|op dit))\b",
            r"\bom te (?:kunnen )?reageren\b.{0,30}\b(?:log|inloggen|ingelogd|moet|account)\b|\b(?:log|inloggen|ingelogd)\b.{0,30}\bom te (?:kunnen )?reageren\b|\blog(?: je)? in om te\b|\bingelogd\b.{0,20}\breage",
            r"\bwat vind(?:t)? (?:jij|u|je)\b.{0,80}\b(?:reageer|laat|stem|praat)\b",
            r"\b(?:onze|de) (?:huisregels|moderatie|spelregels)\b.{0,60}(?:van toepassing|$)",
            r"\bleave a (?:comment|reply)\b",
            r"^(?:geef|laat|plaats|schrijf) (?:een|je|uw) (?:reactie|antwoord|opmerking)\b.{0,30}$",
            r"\b(?:verplichte|vereiste) velden\b|\be-?mailadres (?:wordt|zal) niet\b",
            r"^(?:reageren|meepraten|meediscussiëren)\?",
            r"\b(?:je|uw) e-?mailadres (?:wordt|zal) niet\b|\bvereiste velden\b|\bvolgende keer dat ik een reactie\b",
            r"\breageren\b.{0,40}\b(?:redactie|ingezonden|brief)\b",
        ),
    ),
    Family(
        reason="poll",
        furniture="stem poll stelling eens oneens ja nee resultaten peiling mening quiz bekijk geen neutraal",
        triggers="stelling poll stem quiz peiling breng vind vindt",
        phrases=(
            r"^\W*(?:stelling|poll|peiling|quiz)(?: van de (?:dag|week))?\s?:",
            r"\bbreng (?:je|uw|jouw) stem uit\b|^\W*wat vind(?:t)? (?:jij|u|je)(?: (?:ervan|hiervan))?\?(?: stem\b.{0,15})?$",
            r"\bstem (?:mee|hier|nu)\b|\bdoe (?:de|onze) (?:quiz|poll)\b|\bdoe (?:hier |nu )(?:de|onze) test\b|\btest (?:je|uw) kennis\b",
        ),
    ),
    Family(
        reason="feedback",
        furniture="foutje fout gezien gespot ontdekt nuttig artikel mail de redactie meld het ons feedback",
        triggers="melden waardeer waardeert beoordeel beoordeelt geholpen gevonden waardevol behulpzaam foutje fout taalfout onjuistheid nuttig feedback typefout tikfout verbetering",
        phrases=(
            r"^\W*(?:fout|foutje|taalfout|rectificatie|correctie) melden\W*$",
            r"^\W*(?:hoe )?(?:waardeer|beoordeel)\w*\b.{0,20}\b(?:dit|deze)\b.{0,25}\?$",
            r"^\W*(?:bent u|ben je) geholpen met\b",
            r"\bniet gevonden wat (?:je|u) (?:zocht|zoekt)\b",
            r"\b(?:foutje|fout|taalfout|tikfout|typefout|onjuistheid|onvolkomenheid)\b.{0,60}\b(?:gezien|gespot|ontdekt|gevonden|opgemerkt|tegengekomen|in dit artikel)\b",
            r"\b(?:ziet|zie|vond|heb|heeft)\b.{0,25}\b(?:fout|foutje|taalfout|onjuistheid)\b.{0,60}\b(?:meld|laat|mail|schrijf|stel)",
            r"\b(?:was|vond|vind)\b.{0,20}\b(?:dit|deze)\b.{0,15}\b(?:artikel|informatie|pagina)?\b.{0,10}\b(?:nuttig|waardevol|behulpzaam|interessant)\b.{0,15}\?",
        ),
    ),
    Family(
        reason="event",
        topic="kaartje kaartjes tickets theater debatavond lezersavond abonnees",
        triggers="kaartje kaartjes korting abonnees lezers lezersavond",
        phrases=(
            r"\b(?:abonnees|leden|lezers)\b.{0,25}\b(?:krijgen|betalen|ontvangen|hebben)\b.{0,30}\b(?:korting|gratis|euro|€)",
            r"\b(?:onze|de) (?:columnisten|redacteuren|lezersavond|debatavond)\b.{0,60}\b(?:theater|live|kaart)",
        ),
    ),
    Family(
        reason="vacancy",
        furniture="vacature vacatures solliciteer banen baan werken bij",
        topic="vacature vacatures banen",
        triggers="vacature vacatures solliciteer m/v v/m m/v/x v/m/x banen collega",
        phrases=(
            r"^\W*(?:openstaande )?vacatures?\s?(?:[:|]|$)",
            r"\(?(?:m/v/x|v/m/x|m/v|v/m)\)",
            r"\b(?:bekijk|zie) (?:alle|onze|meer)\b.{0,25}(?:banen|vacatures)\b",
            r"\bsolliciteer (?:nu|direct|hier)\b|\b(?:word|wordt) (?:jij|u) onze nieuwe\b|\bkom (?:bij ons )?werken\b",
        ),
    ),
    Family(
        reason="donation",
        furniture="word donateur lid doneer doneren donatie steun ons word vriend donateur doe mee",
        topic="donatie doneer doneren donateur journalistiek",
        triggers="trakteer afhankelijk gift giften our gratis steun steunen doneer doneren donatie vriend journalistiek trakteer koffie coffee donateur bijdrage support donate",
        phrases=(
            r"\btrakteer\b.{0,30}\bkoffie\b",
            r"\b(?:steun|steunen|help|trakteer|ondersteun)\b.{0,25}\b(?:ons|onze|de redactie|onafhankelijke)\b",
            r"\b(?:wil|wilt) (?:je|u) ons\b.{0,20}\b(?:steunen|helpen)\b|\bdoneer\b.{0,30}\b(?:nu|hier|via|euro|aan ons)",
            r"\bword\b.{0,20}\b(?:vriend|donateur|supporter|lid)\b.{0,40}\b(?:euro|maand|vanaf|van)\b",
            r"\b(?:buy (?:us|me) a coffee|support (?:us|our)|donate)\b",
            r"\b(?:afhankelijk|bestaan|draaien|dankzij)\b.{0,25}\b(?:uw|jouw|je) (?:gift|giften|bijdrage|steun|donatie)\b",
            r"\bgoede journalistiek\b.{0,25}\b(?:kost|niet gratis)\b",
            r"\b(?:is en blijft|blijft) gratis\b",
            r"\bkwam tot stand\b.{0,20}\b(?:met steun van|dankzij)\b.{0,40}\b(?:fonds|stichting|donateurs|lezers)\b",
        ),
    ),
    Family(
        reason="contact",
        furniture="contact tip tips redactie woordvoerder woordvoering persvoorlichting perscontact pers info meer",
        topic="redactie woordvoerder perscontact nieuwstip",
        triggers="vragen publicatie nieuws ons whatsapp stuur dm contactpersoon redactie tip tips woordvoerder journalisten verslaggever verslaggevers persdienst nieuwstip nieuwsbericht persbericht tippen pers",
        phrases=(
            r"\b(?:tip|tips|nieuwstip|foto|video|nieuws)\b.{0,40}\b(?:voor|naar|aan) (?:de|onze|het) (?:redactie|verslaggever\w*|nieuwsdienst)\b",
            r"^\W*(?:tip|mail|app|bel|contacteer)\b.{0,15}\b(?:de redactie|onze|ons)\b",
            r"\btip\b.{0,12}\b(?:onze|de) (?:redactie|verslaggever\w*)\b",
            r"\b(?:journalisten|media|pers)\b.{0,25}\b(?:kunnen|contact|terecht)\b.{0,60}\b(?:woordvoerder|persdienst|voorlichting|perscontact)",
            r"\b(?:niet voor publicatie|noot (?:voor|aan) de redactie)\b",
            r"^\W*(?:woordvoerder|perscontact|persvoorlichter|contactpersoon|meer informatie)\b[^.]{0,60}(?:\d{2,4}[ -]|@)",
            r"^\W*vragen over (?:dit|deze) (?:\w*bericht|publicatie|artikel|onderzoek)\b",
            r"\b(?:heb|heeft) (?:je|jij|u)\b(?: zelf| ook| nog)?.{0,25}\b(?:nieuws|nieuwstip|tip|tips)\b(?: of \w+)?(?: voor ons)?\W*\?",
            r"^\W*(?:stuur|mail|app|whatsapp|dm|tip)\b.{0,25}\b(?:ons|de redactie|onze redactie)\b",
            r"^\W*contactpersoon\b.{0,30}$",
        ),
    ),
    Family(
        reason="author",
        furniture="over de auteur maker schrijver",
        triggers="recenseert verslaat redactrice verslaggever verslaggeefster journalist journaliste correspondent recensent helpt helpen graag auteur schrijft maker columnist schrijver redacteur expert deze plek",
        phrases=(
            r"^\W*over de (?:auteur|maker|makers|schrijver|journalist)(?:\s?:|$)",
            r"\bschrijft\b.{0,50}\b(?:op deze plek|voor deze (?:krant|site|rubriek))\b",
            r"\b(?:is|als) onze (?:expert|redacteur|verslaggever|columnist|correspondent|specialist)\b",
            r"\b(?:helpt|helpen) (?:je|u|jou) graag\b",
            r"^[\w'’. -]{5,40}\b(?:schrijft|recenseert|verslaat|bericht)\b.{0,20}\b(?:over|voor|sinds|vanuit)\b.{5,90}$",
            r"^[\w'’. -]{5,40}(?: \(\d{4}\))? (?:is|was)\b(?: als| een| freelance| sinds \d{4})*.{0,12}\b(?:redact(?:eur|rice)|verslaggever|verslaggeefster|columnist|journalist(?:e)?|correspondent|recensent)\b.{0,90}$",
        ),
    ),
    Family(
        reason="disclaimer",
        furniture="disclaimer voorwaarden gebruiksvoorwaarden",
        triggers="mening standpunt opvattingen verwoordt verantwoordelijk aansprakelijk consult verliezen risico disclaimer advies automatisch ai kunstmatige",
        phrases=(
            r"^\W*lees (?:hier )?(?:de|onze) (?:volledige )?disclaimer\b",
            r"^\W*disclaimer\b",
            r"\b(?:verwoord|weerspiegel|vertegenwoordig|geef)(?:t|en)\b.{0,30}\b(?:de mening|het standpunt|de opvatting(?:en)?) van\b",
            r"\bniet (?:verantwoordelijk|aansprakelijk) voor\b.{0,40}\b(?:links|inhoud|externe|reacties)\b",
            r"\b(?:vervangt|is) geen\b.{0,30}\b(?:consult|advies van|medisch advies)\b",
            r"\bkun(?:t)? (?:je|u)\b.{0,15}\b(?:inleg|geld)\b.{0,15}\bverliezen\b|\b(?:kapitaal|inleg) loopt risico\b",
            r"\b(?:geen|niet) (?:als )?(?:financieel|beleggings|medisch|juridisch)\w* ?advies\b.{0,40}(?:onderzoek|beschouw|opgevat|$)",
            r"^dit (?:artikel|bericht) (?:is|werd) (?:automatisch|met behulp van (?:ai|kunstmatige))\b",
        ),
    ),
    Family(
        reason="copyright",
        furniture="""site website copyright voorwaarden gebruiksvoorwaarden privacy privacybeleid privacyverklaring privacystatement colofon disclaimer adverteren toegankelijkheid
            toegankelijkheidsverklaring algemene over ons contact cookies cookiebeleid veelgestelde vragen auteursrecht auteursrechten abonneren rss
            werken bij vacatures rechten voorbehouden""",
        triggers="""niets overnemen rechten voorbehouden copyright auteursrechtelijk auteursrecht auteursrechten overname privacybeleid datamining verscheen uitgave onderdeel dienst
            colofon samengesteld voorwaarden""",
        phrases=(
            r"\b(?:alle|all)\b.{0,25}\b(?:rechten|rights|auteursrechten)\b.{0,40}\b(?:voorbehouden|reserved)\b",
            r"\b(?:auteursrechtelijk|copyright)\b.{0,15}\b(?:beschermd|protected|\d{4})\b",
            r"\bniets uit deze\b|\boverna(?:me|emen)\b.{0,30}\b(?:zonder|toestemming|verboden)\b",
            r"\btekst- en datamining\b",
            r"\b(?:versie van dit|dit) (?:artikel|stuk|verhaal) (?:verscheen|stond|is (?:eerder )?verschenen)\b",
            r"\b(?:is een dienst van|is (?:een )?onderdeel van|is een (?:uitgave|website|initiatief) van)\b.{0,60}$",
            r"\bsamengesteld door\b.{0,30}\bredactie\b",
        ),
    ),
)
