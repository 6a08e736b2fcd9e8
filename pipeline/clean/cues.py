"""What boilerplate talks about and how, as data, in Dutch, Flemish and the English of Dutch sites.

The contract: nothing here knows a site, and no entry is a sentence copied from one. A family is a
set of words and a few turns of phrase; what a hit is worth stands in `pipeline.clean.decide`, and
where it counts in `structure`.

Per family:

- `furniture`: words of its labels. A short line made of nothing but furniture and function words is
  a label ("Deel dit bericht via WhatsApp", "Kopieer link", "0 reacties").
- `topic`: words it is about. A weak cue: an article can be about a newsletter too. Compounds count
  ("ochtendnieuwsbrief"). - `phrases`: turns of phrase that hardly occur in an article's own voice.
  Only looked for when one of the family's
  `triggers` (or topic words) is in the line, so that ordinary prose costs a few dictionary
  look-ups.
"""

# ruff: noqa: E501  a turn of phrase is read and changed on one line

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


FAMILIES: tuple[Family, ...] = (
    Family(
        reason="navigation",
        furniture="""menu home homepage voorpagina startpagina start zoeken zoek zoekresultaten inloggen login uitloggen registreren
            aanmelden account profiel hoofdinhoud inhoud inhoudsopgave navigatie overslaan spring skip content main rubrieken
            rubriek secties vorige volgende terug sluiten sluit open toon tonen laad laden meer minder updates berichten
            nieuwste oudste eerst sorteer sorteren filter sitemap rss archief contact service help klantenservice hulp shop
            winkel webshop forum reviews puzzels puzzel agenda kalender lijst instellingen voorkeuren taal
            hoofdpunten mijn tekst afdrukken printen print lettergrootte lees voor live""",
        triggers="spring naar hoofdinhoud inhoud bevindt kruimelpad hier toon laad lees terug overslaan vorig vorige volgend volgende ouder nieuwer previous next javascript browser sorteer wijzig powered website",
        phrases=(
            r"^\W*(?:vorige?|volgende?|ouder|nieuwer|previous|next) (?:bericht|artikel|item|post|article)s?\b",
            r"\bjavascript\b.{0,40}\b(?:nodig|vereist|inschakelen|aan|enabled?|required)\b|\bbrowser\b.{0,40}\b(?:verouderd|niet ondersteund|ondersteunt (?:geen|niet))\b",
            r"^powered by\b|^website (?:door|by|:)",
            r"^(?:ga|spring|skip|verder|sla)\b.{0,25}\b(?:naar|to|over)\b.{0,12}\b(?:inhoud|hoofdinhoud|tekst|content|artikel|navigatie|menu|zoeken)$",
            r"\b(?:u bevindt zich|je bent|u bent) hier\b",
            r"^(?:toon|laad|bekijk|meer|lees) (?:meer |alle |oudere |nieuwere |eerdere )?(?:updates|berichten|artikelen|resultaten)$",
            r"\b(?:ons|het) (?:vorige|eerdere|andere) liveblog\b.{0,60}\b(?:terug|hier)\b",
            r"^lees hier (?:ons|onze|het|de) (?:vorige|eerdere)\b",
        ),
    ),
    Family(
        reason="section",
        triggers="nieuws regio omgeving",
        phrases=(
            r"^(?:het |al het )?(?:laatste |lokale )?nieuws (?:uit|over|van) [\w' -]{3,30}(?: en (?:omgeving|omstreken))$",
        ),
        furniture="""nieuws binnenland buitenland regio sport economie politiek tech wetenschap cultuur media opinie columns column
            entertainment financieel geld vrouw video video's foto's achterklap show showbizz gezondheid wonen auto reizen
            koken recepten natuur onderwijs misdaad crypto beurs algemeen lokaal wereld nederland vlaanderen belgië europa
            samenleving uitslagen transfers transfermarkt stand speelschema programma podcasts podcast luister kijk
            livestream weer verkeer opmerkelijk net binnen actueel nieuwsbericht persbericht achtergrond 112 meldingen
            vermist consument lifestyle eten uit thuis muziek film boeken gaming games quiz""",
    ),
    Family(
        reason="cookie notice",
        furniture="""cookies cookie cookiebeleid cookie-instellingen cookievoorkeuren accepteer accepteren akkoord weigeren weiger
            toestaan voorkeuren beheren beheer instellingen aanpassen begrepen consent alles privacyinstellingen""",
        topic="cookies cookie cookie-instellingen cookies privacyvoorkeuren",
        triggers="""cookies cookie inhoud content privacy toestemming akkoord partners voorkeuren ingesloten embed toestaan extern externe
            media derden trackers""",
        phrases=(
            r"\b(?:wij|we|deze (?:web)?site|onze (?:web)?site|onze partners)\b.{0,60}\b(?:gebruik(?:t|en)|plaats(?:t|en)|maak(?:t|en) gebruik van)\b.{0,30}\bcookies\b",
            r"\b(?:wij|we) en onze\b.{0,20}\bpartners\b",
            r"\b(?:accepteer|accepteert|sta|wijzig|pas)\b.{0,20}\b(?:cookies|cookie-instellingen|cookievoorkeuren|voorkeuren)\b.{0,40}\b(?:om|aan|toe)\b",
            r"\bpas (?:je|uw) (?:cookie|privacy|voorkeur)",
            r"\b(?:inhoud|content|video|bericht|onderdeel|embed)\b.{0,80}\b(?:cookies|voorkeuren|toestemming)\b.{0,60}\b(?:bekijken|zien|tonen|laden|uitgeschakeld|plaats(?:t|en)|geaccepteerd|toestaan)\b",
            r"\bgeen toestemming\b.{0,40}\bcookies\b",
            r"\b(?:cookies|trackers)\b.{0,60}\b(?:uw|je|jouw) (?:ervaring|bezoek|gebruikservaring)\b",
            r"\b(?:bevat|afkomstig van)\b.{0,30}\b(?:externe (?:inhoud|content)|sociale ?media|social media)\b",
            r"^(?:jouw|je|uw|your) privacy\b",
            r"\bga(?:at)? (?:je|u) (?:hiermee |hier ?mee |automatisch )?akkoord\b",
            r"\b(?:we|this (?:web)?site) uses? cookies\b",
            r"\baccept(?:eer)? (?:all|alle) cookies\b$",
        ),
    ),
    Family(
        reason="paywall",
        furniture="""premium plus exclusief abonnees abonnee abonnement abonneren abonneer abonnementen proefabonnement aanbieding aanbiedingen
            betaald plus-artikel plusartikel subscribe member leden inloggen log in""",
        topic="abonnee abonnees abonnement abonnementen proefabonnement premium plus-artikelen premium-artikelen lidmaatschap",
        suffixes="abonnement abonnementen -artikelen",
        triggers="""wachtwoord verder doorgaan hele volledige subscribe lezen toegang abonnee abonnees artikel artikelen artikels log account premium abonnement proefabonnement onbeperkt limiet gratis
            probeer inloggen opzegbaar opzeggen p/w maand maanden weken""",
        phrases=(
            r"^wachtwoord vergeten\b",
            r"^(?:ga verder|doorgaan|verder|inloggen|log in|registreer) met (?:apple|google|facebook|e-?mail)\b",
            r"^lees (?:het|dit|de) (?:hele|volledige) (?:verhaal|artikel|interview|stuk)\b.{0,20}$",
            r"\b(?:verder|onbeperkt|volledig(?:e)?|alles|meer) (?:te )?lezen\b.{0,40}(?:\?|$|\babonn|\bprobeer|\bregistreer|\blog\b)",
            r"\bonbeperkte? (?:toegang|lezen)\b",
            r"\btoegang\b.{0,30}\b(?:alle|onze|al onze|tot)\b.{0,25}\b(?:artikel(?:en|s)|verhalen|premium|content|plus)",
            r"\b(?:reeds|al|ben ik al|nog geen) (?:een )?(?:abonnee|abonnement|account|lid)\b",
            r"\b(?:word|ik word|neem|sluit|kies|start)\b.{0,30}\b(?:abonnee|abonnement|proefabonnement|lid)\b",
            r"^(?:dit|deze) (?:is een|artikel is|verhaal is|inhoud is)\b.{0,30}\b(?:premium|plus|abonnees|gratis|leden)\b",
            r"\b(?:exclusief|alleen|enkel|uitsluitend) voor (?:onze )?(?:abonnees|leden|plus)",
            r"\b(?:u las|je las|u leest|je leest)\b.{0,40}\b(?:gratis|premium|artikel(?:en|s))\b",
            r"\b(?:maandelijks|op elk (?:moment|ogenblik)|dagelijks|altijd) (?:opzegbaar|op(?:zeggen|zegbaar)|stopzetten)\b",
            r"\bik wil een abonnement\b",
            r"\b(?:eerste|\d+|drie|twee|vier|zes) (?:maand|maanden|weken|week)\b.{0,25}(?:€|\beuro\b|\bgratis\b|\bkorting\b)",
            r"\b(?:je|u) (?:hebt|heeft) nog \d+ (?:gratis )?artikel",
            r"\blog in (?:of|om|met|en)\b|\binloggen (?:om|of)\b|\b(?:log|meld)(?: je| u)? (?:hier )?(?:in|aan) (?:of|om) (?:.{0,30}(?:lezen|registreer|account))",
            r"\b(?:gratis )?(?:account aanmaken|maak (?:een|je|gratis een) (?:gratis )?account)\b.{0,60}\b(?:lees|lezen|toegang|mis)",
            r"\bsubscribe to (?:read|continue)\b",
        ),
    ),
    Family(
        reason="advertisement",
        furniture="""advertentie advertenties advertisement ad ads reclame sponsored gesponsord gesponsorde advertorial adverteren
            aangeboden partnercontent branded content scroll verder lezen""",
        topic="advertentie advertenties adverteerder",
        triggers="samenwerking advertentie advertenties advertisement reclame gesponsord sponsored partner adblocker ad-blocker",
        phrases=(
            r"^\W*(?:artikel|tekst|bericht|verhaal|lees|scroll|ga|dit artikel)\b.{0,40}\b(?:onder|na|om)\b.{0,25}\b(?:advertentie|reclame)\b.{0,12}$",
            r"^\W*(?:advertentie|reclame|advertisement|publiciteit)\b.{0,5}(?:[-–—:|(]|scroll|lees)",
            r"^\W*(?:gesponsord|sponsored|partner ?content|aangeboden door|in samenwerking met)\b[^.]{0,50}$",
            r"\bin samenwerking met \w+$",
            r"\b(?:je|u) gebruikt een (?:adblocker|ad-blocker)\b|\b(?:schakel|zet)\b.{0,20}\b(?:adblocker|ad-blocker)\b.{0,20}\buit\b",
            r"\b(?:advertisement|continue reading below|scroll to continue)\b",
        ),
    ),
    Family(
        reason="promotion",
        furniture="deal deals aanbieding aanbiedingen kortingscode odds bestel koop shoppen naar de",
        topic="""bonus welkomstbonus cadeau gratis korting kortingscode deal deals aanbieding tegoed storting transactiekosten cashback odds bet bets
            wedden gokken speel 18+ 24+ voordeel actie prijsvraag winactie verzendkosten verkrijgbaar webshop prijsvergelijker tickets
            free affiliate commissie vergoeding euro € eur""",
        suffixes="bonus korting deals -deals prijsvergelijker",
        triggers="""lezer zoek nul 18 21+ tool account partner partners kans profiteer gratis bonus korting link links affiliate commissie aankoop deals deal prijzen vergelijk
            18+ 24+ gokken gokt speel wacht actie kans maak win winnen registreer vandaag shop nieuw bestel
            week vandaag tickets kaarten cadeau tegoed risico's aanbieding betaalde vergoeding rekening
            energierekening adverteerders taboola outbrain plista odds tip""",
        phrases=(
            r"\b(?:grijp|mis|pak|benut) (?:nu )?(?:deze|je|jouw|die|de|uw) (?:unieke |laatste )?kans\b",
            r"\bprofiteer\b.{0,25}\b(?:direct|nu|snel|als lezer|van|mee)\b",
            r"\b(?:wacht niet (?:te )?lang|alleen (?:deze (?:week|maand)|vandaag|dit weekend)|op is op|zolang de voorraad|loopt (?:binnenkort|bijna) af|start vandaag nog|begin vandaag nog)\b",
            r"\b(?:registreer|open|maak|start|stort|speel|wed|gok|zet)\b.{0,40}\b(?:nu|account|rekening|direct|gratis|inzet)\b.{0,80}\b(?:bonus|gratis|cadeau|ontvang|krijg|pak|claim|euro|€|bets?)",
            r"\b(?:stort|registreer|claim|ontvang|pak)\b.{0,60}\b(?:gratis|cadeau|bonus|tegoed)\b",
            r"\b(?:open|maak|start|registreer|neem)\b.{0,12}\b(?:vandaag|nu|direct|gratis|meteen)\b.{0,25}\b(?:account|rekening|abonnement)\b",
            r"\b(?:affiliate|betaalde|commerciële|partner) ?-?links?\b",
            r"\((?:affiliate|advertentie|adv|ad|spon|gesponsord)\)",
            r"\b(?:wij|we|de redactie) (?:ontvang(?:en|t)|krijg(?:en|t)|verdien(?:en|t))\b.{0,40}\b(?:commissie|vergoeding|percentage)\b",
            r"\b(?:ontvang|krijg|verdien)(?:en|t)? (?:wij|we|de redactie)\b.{0,40}\b(?:commissie|vergoeding|percentage)\b",
            r"\b(?:bij|via|van) (?:onze|de) (?:partner|partners|sponsor)\b",
            r"\bals lezer van\b",
            r"\b(?:wat kost gokken jou|stop op tijd|speel bewust|gok(?:ken)? (?:verantwoord|kan verslavend)|speel verantwoord)\b",
            r"\b(?:18|21|24)\s?\+(?:\W|$)",
            r"\b(?:vergelijk|bekijk)\b.{0,80}\b(?:prijzen|deals|aanbiedingen|leveranciers|best verkochte|modellen)\b.{0,60}\b(?:bij|in|op|via|en bespaar|van)\b",
            r"\bmaak kans op\b|\bwin (?:twee |een |nu |\d+ )?(?:vrij)?(?:kaarten|tickets)\b|\bdoe mee (?:aan|met) (?:onze|de) (?:prijsvraag|winactie)\b",
            r"\b(?:nieuw|nu|vanaf) (?:in|te koop in) (?:de|onze) (?:web)?shop\b",
            r"\bop zoek naar (?:een|de|het)\b.{0,40}\?",
            r"\b(?:bestel|koop|shop|boek)\b.{0,30}\b(?:nu|hier|direct|via)\b.{0,50}(?:%|korting|link|tickets|online|€)",
            r"\b(?:koop|bestel|boek|reserveer) (?:nu|hier|direct|snel) (?:je|uw|jouw|de)\b|\bkoop nu\b",
            r"\b\d{1,2} ?(?:%|procent) korting\b.{0,40}\b(?:via|met|op)\b.{0,30}\b(?:link|code|kortingscode|deze)\b",
            r"\b(?:beleggen|handelen)\b.{0,25}\brisico's\b.{0,40}\b(?:inleg|verlie)",
            r"\b(?:claim|pak|ontvang|krijg) (?:nu |direct |snel )?(?:je|jouw|uw|tot)\b.{0,25}(?:€|euro|gratis|bonus|cadeau)",
            r"\bnul procent kosten\b",
        ),
    ),
    Family(
        reason="newsletter",
        furniture="""nieuwsbrief nieuwsbrieven newsletter inschrijven aanmelden abonneren uitschrijven schrijf me in e-mailadres emailadres
            mailadres verstuur versturen verzend verzenden ja mij naam verplicht""",
        topic="nieuwsbrief nieuwsbrieven newsletter mailbox inbox mailinglijst nieuwsmail nieuwsupdate e-mailadres mailadres",
        suffixes="nieuwsbrief nieuwsbrieven nieuwsmail spaarmail weekmail dagmail",
        triggers="""privacy sturen mailen sign subscribe privacyverklaring nieuwsbrief nieuwsbrieven newsletter mailbox inbox e-mailadres mailadres privacybeleid inschrijven uitschrijven schrijf meld mail
            afmelden uitschrijven persberichten selectie postvak update overzicht brievenbus elke iedere dagelijks wekelijks maandelijks belangrijkste mooiste email address e-mail beste""",
        phrases=(
            r"\b(?:schrijf|meld) (?:je|u|jezelf)\b.{0,25}\b(?:in|aan) voor (?:onze|ons)\b",
            r"\b(?:schrijf|meld)\b.{0,25}\b(?:in|aan)\b.{0,30}\b(?:nieuwsbrief|nieuwsbrieven|mail|persberichten|update)",
            r"\b(?:schrijf|meld)(?:t)? (?:je|u|jezelf)\b.{0,20}\b(?:in|aan)\b(?: hier| nu| gratis)?(?:[.!?]?$| (?:op|voor) (?:onze|ons)\b)",
            r"\b(?:in|via) (?:je|jouw|uw) (?:mailbox|inbox|mail|e-mail|brievenbus)\b",
            r"\b(?:wekelijkse|dagelijkse|gratis|onze|maandelijkse)\b.{0,25}nieuwsbrief\b",
            r"\b(?:abonneer|abonneren)\b.{0,30}nieuwsbrief",
            r"\b(?:on)?geldig (?:e-?mail|mail)-?adres\b|\bvul\b.{0,30}\b(?:e-?mail|mail)-?adres\b",
            r"\blees hier (?:ons|onze|het) privacy",
            r"\b(?:je|u) kun?t? (?:je|u) (?:op ieder moment|altijd|elk moment|op elk moment)\b.{0,15}\b(?:uitschrijven|afmelden)",
            r"\b(?:wij|we) (?:sturen|mailen) (?:u|je|jou)\b",
            r"\bsign up for\b|\bsubscribe to our\b|\byour e-?mail address\b",
            r"\b(?:update|overzicht|selectie|het beste|mooiste|belangrijkste)\b.{0,50}\bin (?:je|jouw|uw) (?:mail\w*|inbox|postvak|brievenbus|e-?mail)\b",
            r"\b(?:elke|iedere) (?:dag|week|maand|ochtend|avond|middag|werkdag|maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag)\b.{0,70}\b(?:in (?:je|jouw|uw) \w+|per mail|ontvangen|toegestuurd)\b",
            r"^\W*(?:dagelijks|wekelijks|maandelijks)\b.{0,40}\b(?:update|overzicht|selectie)\b.{0,40}$",
            r"^[\w' :-]{0,30}\b(?:deze|onze) (?:nieuwsbrief|nieuwsbrieven)\b[\w' ]{0,15}\W*$",
            r"\blaat (?:hier )?(?:je|jouw|uw) (?:e-?mailadres|mailadres|gegevens) achter\b",
        ),
    ),
    Family(
        reason="app",
        furniture="app apps app-store appstore play store google download downloaden pushmeldingen meldingen pushberichten whatsapp whatsapp-kanaal telegram",
        topic="app apps pushmeldingen pushberichten pushbericht meldingen whatsapp-kanaal telegram-kanaal kanaal notificaties",
        suffixes="-app app-kanaal -kanaal",
        triggers="""join follow missen mis niets niks zak like app apps pushmeldingen pushberichten pushbericht meldingen melding whatsapp whatsapp-kanaal telegram kanaal google volg download
            installeer hoogte""",
        phrases=(
            r"\b(?:download|installeer|haal|open|gebruik|krijg|bekijk)\b.{0,40}\bapp\b",
            r"\b(?:met|in|via) (?:de|onze) (?:gratis )?(?:\w+ ){0,2}\w*-?app\b.{0,30}$",
            r"\b(?:zet|ontvang|krijg|schakel)\b.{0,40}(?:push|melding(?:en)?\b|notificaties)",
            r"\b(?:volg|abonneer|word lid|meld)\b(?! (?:je|jij|u) (?:een|de|het|op)\b).{0,60}\b(?:whatsapp|telegram|google nieuws|google news|kanaal)\b",
            r"\b(?:zet|schakel)\b.{0,15}\b(?:meldingen|notificaties) aan\b|\b(?:ontvang|krijg) (?:direct |als eerste )?(?:een )?(?:push)?(?:meldingen|melding|bericht)\b.{0,20}\bbij\b",
            r"\b(?:ons|onze|het|gratis)\b.{0,20}whatsapp",
            r"\bblijf (?:altijd )?(?:op de hoogte|bij|up-to-date)\b",
            r"^(?:altijd )?(?:als eerste )?op de hoogte\b.{0,60}\?|\baltijd op de hoogte\b",
            r"\b(?:je|u) op de hoogte (?:blijven|gehouden worden)\b.{0,40}\?",
            r"\b(?:app store|google play|play store)\b",
            r"\b(?:join|follow) (?:our|us)\b",
            r"\b(?:niets|niks|geen enkel[e]?|geen)\b.{0,40}\b(?:missen|mis)\b.{0,45}[?!]",
            r"\bmis(?: dan)? (?:niks|niets|geen)\b",
            r"\b(?:altijd|overal) (?:op zak|bij de hand)\b",
        ),
    ),
    Family(
        reason="share",
        furniture="""deel delen gedeeld share tweet tweeten pin post facebook twitter x whatsapp linkedin instagram mastodon bluesky
            threads pinterest reddit telegram tiktok youtube snapchat e-mail email mail link kopieer kopiëren gekopieerd doorsturen
            stuur door bewaar bewaren opslaan cadeau geven bericht artikel pagina print afdrukken volg ons volgen account eigen
            sms recept verhaal socials vriend""",
        triggers="volg volgt volgen deel share social kopieer link facebook instagram delen bewaren leeslijst klik venster leuk vind-ik-leuk vind tag",
        phrases=(
            r"^volg(?:t)? (?:ons|de redactie|\w+)\b.{0,20}\b(?:op|via)\b.{0,40}\b(?:facebook|instagram|x|twitter|tiktok|linkedin|youtube|bluesky|mastodon|social|whatsapp)",
            r"^deel (?:dit|deze|het)\b.{0,60}\b(?:op|via|met|bericht|artikel|pagina)\b[^.]{0,40}$",
            r"\bfollow us\b|\bshare (?:this|on)\b",
            r"^volg(?:t)? (?:je|jij|u) (?:ons|me|mij) al\b|\bvolg (?:je|u) (?:ons|me|mij) al\b",
            r"^klik om te (?:delen|printen|e-mailen)\b|\bwordt in een nieuw venster geopend\b",
            r"^vind[- ]?ik[- ]?leuk\b",
            r"^\W*(?:heb (?:je|jij|u))\b.{0,50}\b(?:tag|deel)\b.{0,40}(?:@|#|instagram|facebook)",
            r"\bvolg ons\b",
            r"\b(?:wil|wilt) (?:je|u) dit (?:artikel|verhaal|bericht)\b|\b(?:aan|in|op) (?:je|uw|jouw) leeslijst\b",
            r"\bons (?:ook )?volgen (?:op|via)\b",
        ),
    ),
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
        triggers="leestijd leesduur read",
        phrases=(
            r"^\W*(?:geschatte )?(?:leestijd|leesduur)\b.{0,25}$",
            r"\b\d{1,2}(?:[-–]\d{1,2})? ?(?:min\.?|minuten?|minutes?) (?:leestijd|leesduur|lezen|read)\b",
        ),
    ),
    Family(
        reason="caption",
        furniture="foto foto's beeld illustratie archieffoto archiefbeeld fotograaf fotografie illustraties stockfoto ter archief",
        triggers="verder hieronder audio tabel advertentie foto foto's afbeelding video beeld illustratie archieffoto fotografie kaart grafiek tweet",
        phrases=(
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
        triggers="embed facebook bekijk youtube bluesky cookies video view shared instagram tweet facebook tiktok gedeeld inhoud content bericht",
        phrases=(
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
        triggers="velden e-mailadres browser meepraten reageer reageren reactie reacties praat ingelogd discussieer comment comments discussie forum huisregels mening ",
        phrases=(
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
        triggers="waardeer waardeert beoordeel beoordeelt geholpen gevonden waardevol behulpzaam foutje fout taalfout onjuistheid nuttig feedback typefout tikfout verbetering",
        phrases=(
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
        triggers="afhankelijk gift giften our gratis steun steunen doneer doneren donatie vriend journalistiek trakteer koffie coffee donateur bijdrage support donate",
        phrases=(
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
