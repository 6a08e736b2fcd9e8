"""What the splitter knows of a language: its abbreviations and the words that open a sentence.

Data only; `pipeline.split.sentences` decides with it. An abbreviation stands here without its last
full stop, in lower case unless it is only written in capitals (``B.V``). It is one of four kinds:

- *never* ends a sentence: it announces what follows (``dr. Jansen``, ``i.v.m. regen``);
- *before a number* it goes on (``12 jan. 2024``, ``No. 4``); before a capital the sentence ends;
- *may* end a sentence, and does so before any capital (``enz.``, ``mln.``, ``Kemper B.V.``);
- *doubtful*: it ends a sentence only before a word that commonly opens one (``U.S. The``, not
  ``U.S. Steel``). Initials and dotted letters in no list are treated like this as well.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The tables of one language.

    Attributes:
        never: Abbreviations that never end a sentence.
        number: Abbreviations after which a number continues the sentence.
        may: Abbreviations that may end a sentence.
        doubtful: Abbreviations that end a sentence only before one of the ``openers``.
        openers: Words, capitalised, that commonly open a sentence and are no part of a name.
        particles: The ``openers`` that are part of a surname when a capital follows (``De Smet``).
        articles: Words before an ordinal such as the one in ``de 2. Bundesliga``.
        marked_names: Names that end in ``!`` or ``?``.
        reporting: Verbs of a reporting clause whose subject comes first (``"Why?" Smith asked.``).
        letters: Capital letters that are words of their own.
        follows_time: Words that belong to a time of day before them (``5 p.m. Monday``).
    """

    never: frozenset[str]
    number: frozenset[str]
    may: frozenset[str]
    doubtful: frozenset[str]
    openers: frozenset[str]
    particles: frozenset[str] = frozenset()
    articles: frozenset[str] = frozenset()
    marked_names: frozenset[str] = frozenset()
    reporting: frozenset[str] = frozenset()
    letters: frozenset[str] = frozenset()
    follows_time: frozenset[str] = frozenset()


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


_MARKED_NAMES = _words("Yahoo! Yum! Wham! Jeopardy! Wh@t!")

DUTCH = Language(
    never=_words(
        # Titles and forms of address.
        "prof dr drs mr mrs ir ing dhr hr mw mevr mej ds ph.d bc ba msc lic em kol lt maj kapt",
        "sgt mgr kard min.-pres zr zr.ms hr.ms ms z.k.h h.k.h z.m h.m",
        # Short first names, and words in front of a name.
        "th ph joh jac wm fr gebr fa fam st ste v.d v.h",
        # Phrases that introduce what follows.
        "o.a oa i.v.m ivm i.p.v ipv m.b.t mbt t.o.v tov t.a.v tav t.b.v tbv t.g.v t.w.v t.n.v",
        "n.a.v nav d.m.v dmv d.w.z dwz o.b.v obv o.l.v olv o.g.v o.v.v a.d.h.v adhv b.v bijv",
        "bv.b i.s.m ism i.t.t i.h.b i.h.k.v i.o.v m.a.w m.n m.i.v m.m.v m.u.v w.o v.l.n.r vlnr",
        "d.d dd z.g zg zgn resp vgl cf nl inz evt d.i",
        # Before a figure, a date or a reference.
        "ca nr nrs nrn hfst incl excl i.c.m v.w.b t.h.v t.e.m a.k.a v.a u.v geb oorspr wnd plv",
        "demiss vm afb jrg plm ong gem vs t/m ned afd prov dep",
    ),
    # Words such as "art", "tel" and "par" exist, so these end a sentence unless a number follows.
    number=_words(
        "jan febr feb mrt apr jun jul aug sep sept okt nov dec ma di woe do vr za no p pp max",
        "min ed art blz pag tel telnr par hoofdst fig",
    ),
    may=_words(
        "mln mld mrd mio enz etc e.d e.a e.v e.v.a e.e.a a.s jl ll dzs c.s c.q B.V b.v.b.a N.V",
        "V.O.F C.V nv bv bvba vzw jr sr jnr snr s.v.p a.u.b aub svp k.k v.o.n z.s.m zsm n.v.t",
        "nvt t.z.t p.p p.j p.p.p.d p.w p.m p/m p.u p/u p.st p.s a.m p.m v.chr n.chr b.c a.d.m",
        "i.o o.i.d a.h.w a.i n.t.b n.n.b red zn bros co inc ltd corp Sv sv Sr Sv Rv Awb i.e.g",
        "i.i.g z.o.z u.s h.t.l",
    ),
    doubtful=_words("chr gen burg sen i.c o.m a.w h.o u.s.a v.s d.j m.c"),
    openers=_words(
        "De Het Een Eén Dit Dat Deze Die Er Hij Zij Ze Wij We Ik Je Jij Jullie U Men Iedereen",
        "Niemand Iemand Iets Niets Alles In Op Met Voor Na Bij Aan Uit Door Om Tot Als Toen",
        "Terwijl Maar En Of Want Ook Toch Nu Dan Daar Daarna Daarom Daarmee Daarbij Daarop",
        "Daarvan Daarnaast Daardoor Daarin Daarvoor Hierdoor Hiermee Hierna Hier Volgens Sinds",
        "Tijdens Tegen Onder Over Naar Niet Geen Wie Wat Waar Waarom Hoe Wanneer Welke Zo Zowel",
        "Alleen Omdat Hoewel Doordat Zodra Nadat Voordat Zijn Haar Hun Ons Onze Mijn Al Alle",
        "Veel Meer Minder Sommige Beide Intussen Inmiddels Ondertussen Bovendien Vanaf Vandaag",
        "Gisteren Morgen Vanavond Vanochtend Vanmiddag Maandag Dinsdag Woensdag Donderdag",
        "Vrijdag Zaterdag Zondag Is Was Waren Heeft Hebben Had Werd Wordt Zal Kan Wel Nog Pas",
        "Eerder Later Eind Begin Ruim Zeker Gelukkig Helaas Verder Vooral Binnen Tussen Vorig",
        "Vorige Volgend Volgende Afgelopen Andere Anderen Uiteindelijk Opvallend Samen Rond Tot",
        "Elk Elke Ieder Iedere Te Dus Ja Nee Vervolgens",
    ),
    particles=_words("De Het Op In Te"),
    articles=_words("de het een De Het Een"),
    marked_names=_MARKED_NAMES,
    letters=_words("U"),
)

ENGLISH = Language(
    never=_words(
        "mr mrs ms messrs mme mlle dr prof rev hon pres gov rep sen gen lt col capt cmdr sgt maj",
        "adm supt insp det mt ft e.g eg i.e ie cf vs v viz approx ca nr figs eq pp gebr mgr th",
        "ph chr z.k.h",
    ),
    number=_words(
        "jan feb mar apr jun jul aug sep sept oct nov dec no nos p vol ed art tel fig sec ch"
    ),
    may=_words("etc al p.m a.m pm am b.v n.v B.V N.V s.a bn m mln jr sr b.c a.d B.C A.D"),
    doubtful=_words(
        "st inc corp ltd co llc plc bros ave blvd rd dept univ assn calif ariz conn fla ga ill",
        "ind mass mich minn miss mo nev okla ore pa tenn tex va vt wash wis ph.d u.s u.k u.n",
    ),
    openers=_words(
        "The A An This That These Those It He She They We I You There Here In On At For From To",
        "By But And Or So Yet If When While After Before Since Although Though Because As With",
        "Without Under Over During Despite However Meanwhile Instead Still Now Then Once His Her",
        "Its Their Our My Your No Not Some Many Most Both All Each Every Other Others Another",
        "One Two Three Is Was Were Are Has Have Had Will Would Could Should What Who Where Why",
        "How Which Last Next Nobody Everyone Police Officials Analysts Critics According Earlier",
        "Later Today Yesterday Tomorrow",
    ),
    articles=_words("the The"),
    marked_names=_MARKED_NAMES,
    reporting=_words(
        "said says asked asks added adds replied shouted wrote writes wondered told cried called",
        "answered joked",
    ),
    letters=_words("I"),
    follows_time=_words(
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday GMT UTC EST EDT ET CET CEST PT",
        "PST Eastern Pacific Central",
    ),
)

LANGUAGES = {"nl": DUTCH, "en": ENGLISH}
