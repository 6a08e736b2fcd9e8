"""The cue families of the site itself: where to click, what to accept, buy, follow and share."""

# ruff: noqa: E501  a turn of phrase is read and changed on one line

from __future__ import annotations

from pipeline.clean.family import Family

SITE: tuple[Family, ...] = (
    Family(
        reason="navigation",
        furniture="""boven venster menu home homepage voorpagina startpagina start zoeken zoek zoekresultaten inloggen login uitloggen registreren
            aanmelden account profiel hoofdinhoud inhoud inhoudsopgave navigatie overslaan spring skip content main rubrieken
            rubriek secties vorige volgende terug sluiten sluit open toon tonen laad laden meer minder updates berichten
            nieuwste oudste eerst sorteer sorteren filter sitemap rss archief contact service help klantenservice hulp shop
            winkel webshop forum reviews puzzels puzzel agenda kalender lijst instellingen voorkeuren taal
            hoofdpunten mijn tekst afdrukken printen print lettergrootte lees voor live search image play pause share next
            previous close""",
        triggers="boven homepage voorpagina startpagina hoofdpagina slide laden loading spring naar hoofdinhoud inhoud bevindt kruimelpad hier toon laad lees terug overslaan vorig vorige volgend volgende ouder nieuwer previous next javascript browser sorteer wijzig powered website",
        phrases=(
            r"^\W*(?:ga )?(?:terug )?naar (?:boven|(?:de |onze )?(?:homepage|voorpagina|startpagina|hoofdpagina))\W*$",
            r"^\W*(?:vorige|volgende|previous|next) (?:slide|foto|afbeelding|pagina)\W*$",
            r"^(?:\w{1,12} ){0,2}(?:laden|loading)\W*$",
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
        triggers="""waarderen respecteren akkoord social cookies cookie inhoud content privacy toestemming akkoord partners voorkeuren ingesloten embed toestaan extern externe
            media derden trackers""",
        phrases=(
            r"^\W*(?:wij|we) (?:waarderen|respecteren) (?:uw|je|jouw) privacy\b",
            r"\b(?:je|u|jouw|uw)\b.{0,40}\btoestemming\b.{0,40}\b(?:cookies|social media|sociale media)\b",
            r"^\W*ik ga akkoord\b",
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
        furniture="""partnerbijdrage partneradvies advertentie advertenties advertisement ad ads reclame sponsored gesponsord gesponsorde advertorial adverteren
            aangeboden partnercontent branded content scroll verder lezen""",
        topic="advertentie advertenties adverteerder",
        triggers="ingezonden samenwerking mogelijk possible advertentie advertenties advertisement reclame gesponsord sponsored partner adblocker ad-blocker",
        phrases=(
            r"^\W*ingezonden mededeling\b.{0,20}$",
            r"^\W*(?:dit|deze) (?:artikel|verhaal|bericht|productie|reportage)\b.{0,40}\bsamenwerking (?:met|tussen|van)\b",
            r"^\W*(?:artikel|tekst|bericht|verhaal|lees|scroll|ga|dit artikel)\b.{0,40}\b(?:onder|na|om)\b.{0,25}\b(?:advertentie|reclame)\b.{0,12}$",
            r"^\W*(?:advertentie|reclame|advertisement|publiciteit)\b.{0,5}(?:[-–—:|(]|scroll|lees)",
            r"^\W*(?:gesponsord|sponsored|partner ?content|aangeboden door|in samenwerking met)\b[^.]{0,50}$",
            r"\bin samenwerking met \w+$",
            r"^\W*(?:dit|deze|this) (?:artikel|verhaal|bericht|productie|reportage|serie|article|story)\b.{0,20}\b(?:mogelijk gemaakt door|made possible by)\b",
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
        triggers="""lezer zoek nul 18 21+ tool account partner partners kans profiteer gratis bonus korting link links affiliate commissie aankoop deals deal prijzen vergelijk affiliatelink affiliatelinks
            18+ 24+ gokken gokt speel wacht actie kans maak win winnen registreer vandaag shop nieuw bestel
            week vandaag tickets kaarten cadeau tegoed risico's aanbieding betaalde vergoeding rekening
            energierekening adverteerders taboola outbrain plista odds tip""",
        phrases=(
            r"\b(?:grijp|mis|pak|benut) (?:nu )?(?:deze|je|jouw|die|de|uw) (?:unieke |laatste )?kans\b",
            r"\bprofiteer\b.{0,25}\b(?:direct|nu|snel|als lezer|van|mee)\b",
            r"\bop is op\b|\b(?:wacht niet (?:te )?lang|alleen (?:deze (?:week|maand)|vandaag|dit weekend)|zolang de voorraad|loopt (?:binnenkort|bijna) af|start vandaag nog|begin vandaag nog)\b",
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
            r"^\W*(?:let op|waarschuwing)?\W*(?:beleggen|handelen|investeren|gokken)\b.{0,30}\brisico.{0,25}$",
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
        triggers="""uitschrijven privacy sturen mailen sign subscribe privacyverklaring nieuwsbrief nieuwsbrieven newsletter mailbox inbox e-mailadres mailadres privacybeleid inschrijven uitschrijven schrijf meld mail
            afmelden uitschrijven persberichten selectie postvak update overzicht brievenbus elke iedere dagelijks wekelijks maandelijks belangrijkste mooiste email address e-mail beste""",
        phrases=(
            r"^\W*(?:uitschrijven|afmelden) kan\b.{0,40}$",
            r"\b(?:je|u) (?:kunt|kan) (?:je|u|zich) .{0,25}\b(?:uitschrijven|afmelden)\b",
            r"\b(?:schrijf|meld) (?:je|u|jezelf)\b.{0,25}\b(?:in|aan) voor (?:onze|ons)\b",
            r"\b(?:schrijf|meld)\b.{0,25}\b(?:in|aan)\b.{0,45}\b(?:nieuwsbrief|nieuwsbrieven|mail|persberichten|update)",
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
        triggers="discover volg volgt volgen deel share social kopieer link facebook instagram delen bewaren leeslijst klik venster leuk vind-ik-leuk vind tag",
        phrases=(
            r"\bvolg\b.{0,50}\bgoogle discover\b",
            r"^volg(?:t)? (?:ons|de redactie|\w+)\b.{0,20}\b(?:op|via)\b.{0,40}\b(?:facebook|instagram|x|twitter|tiktok|linkedin|youtube|bluesky|mastodon|social|whatsapp)",
            r"^deel (?:dit|deze|het)\b.{0,60}\b(?:op|via|met|bericht|artikel|pagina)\b[^.]{0,40}$",
            r"\bfollow us\b|\bshare (?:this|on)\b",
            r"^volg(?:t)? (?:je|jij|u) (?:ons|me|mij) al\b|\bvolg (?:je|u) (?:ons|me|mij) al\b",
            r"^klik om te (?:delen|printen|e-mailen)\b|\bwordt in een nieuw venster geopend\b",
            r"^vind[- ]?ik[- ]?leuk\b",
            r"^\W*(?:heb (?:je|jij|u))\b.{0,50}\b(?:tag|deel)\b.{0,40}(?:@|#|instagram|facebook)",
            r"\bvolg ons\b",
            r"\bdeel (?:het|dit)\b.{0,20}\bmet (?:je|jouw|uw|al je) (?:vrienden|volgers|netwerk|omgeving)\b",
            r"\b(?:wil|wilt) (?:je|u) dit (?:artikel|verhaal|bericht)\b|\b(?:aan|in|op) (?:je|uw|jouw) leeslijst\b",
            r"\bons (?:ook )?volgen (?:op|via)\b",
        ),
    ),
)
