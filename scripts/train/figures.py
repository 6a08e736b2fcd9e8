"""Rule-made pairs for what the corpora show too rarely: amounts, decimals, dates, times, counts.

Dutch and English swap the comma and the point; a translator that guesses changes the news.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Pair = tuple[str, str]
_MONTHS = dict(
    zip(
        "januari februari maart april mei juni juli augustus september oktober november "
        "december".split(),
        "January February March April May June July August September October November "
        "December".split(),
        strict=True,
    )
)
_DAYS = dict(
    zip(
        "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag".split(),
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
        strict=True,
    )
)
_SCALES = [("miljoen", "million"), ("miljard", "billion"), ("mln.", "million"), ("mrd.", "billion")]
_UNITS = [
    ("kilometer", "kilometres"),
    ("meter", "metres"),
    ("hectare", "hectares"),
    ("ton", "tonnes"),
    ("graden", "degrees"),
    ("kilo", "kilos"),
]
_COUNTED = [
    ("mensen", "people"),
    ("inwoners", "inhabitants"),
    ("banen", "jobs"),
    ("woningen", "homes"),
    ("bezoekers", "visitors"),
    ("leerlingen", "pupils"),
    ("werknemers", "employees"),
    ("patiënten", "patients"),
    ("stemmen", "votes"),
    ("huishoudens", "households"),
]
_TENS = {
    20: ("twintig", "twenty"),
    30: ("dertig", "thirty"),
    40: ("veertig", "forty"),
    50: ("vijftig", "fifty"),
    60: ("zestig", "sixty"),
    70: ("zeventig", "seventy"),
    80: ("tachtig", "eighty"),
    90: ("negentig", "ninety"),
}
_ONES = [
    ("eenen", "one"),
    ("tweeën", "two"),
    ("drieën", "three"),
    ("vieren", "four"),
    ("vijfen", "five"),
    ("zesen", "six"),
    ("zevenen", "seven"),
    ("achten", "eight"),
    ("negenen", "nine"),
]

_HOURS = list(
    zip(
        "een twee drie vier vijf zes zeven acht negen tien elf twaalf".split(),
        "one two three four five six seven eight nine ten eleven twelve".split(),
        strict=True,
    )
)
_PEOPLE = [
    ("man", "man"),
    ("vrouw", "woman"),
    ("jongen", "boy"),
    ("fietser", "cyclist"),
    ("verdachte", "suspect"),
    ("automobilist", "driver"),
    ("inwoner", "resident"),
]


def _one(options: list[Pair], generator: np.random.Generator) -> Pair:
    return options[int(generator.integers(len(options)))]


def _whole(value: int) -> Pair:
    english = f"{value:,}"
    return english.replace(",", "."), english


def _decimal(generator: np.random.Generator) -> Pair:
    places = int(generator.integers(1, 3))
    english = f"{generator.integers(0, 100)}.{generator.integers(1, 10**places):0{places}d}"
    return english.replace(".", ","), english


def amount(generator: np.random.Generator) -> Pair:
    """Return a sum of money: € 1.250,50, 3,4 miljard euro, 13 mln. euro."""
    kind = int(generator.integers(5))
    value = int(10 ** generator.uniform(0.5, 6))
    dutch, english = _whole(value)
    space = " " if generator.random() < 0.7 else ""
    if kind == 0:
        cents = f"{generator.integers(0, 100):02d}"
        return f"€{space}{dutch},{cents}", f"€{english}.{cents}"
    if kind == 1:
        return f"€{space}{dutch}", f"€{english}"
    if kind == 2:
        return f"{dutch} euro", f"{english} euros"
    scale = _one(_SCALES, generator)
    dutch, english = (
        _decimal(generator) if generator.random() < 0.6 else _whole(int(generator.integers(2, 990)))
    )
    if kind == 3:
        return f"{dutch} {scale[0]} euro", f"{english} {scale[1]} euros"
    currency = _one([("dollar", "$"), ("pond", "£")], generator)
    return f"{dutch} {scale[0]} {currency[0]}", f"{currency[1]}{english} {scale[1]}"


def percentage(generator: np.random.Generator) -> Pair:
    """Return a percentage: 3,4 procent, 12%."""
    dutch, english = (
        _decimal(generator) if generator.random() < 0.6 else _whole(int(generator.integers(1, 100)))
    )
    sign = generator.random() < 0.4
    return (f"{dutch}%", f"{english}%") if sign else (f"{dutch} procent", f"{english} percent")


def date(generator: np.random.Generator) -> Pair:
    """Return a date: 12 maart, vrijdag 3 mei 2024, 1998."""
    month = _one(list(_MONTHS.items()), generator)
    day = int(generator.integers(1, 32))
    dutch, english = f"{day} {month[0]}", f"{day} {month[1]}"
    if generator.random() < 0.3:
        weekday = _one(list(_DAYS.items()), generator)
        dutch, english = f"{weekday[0]} {dutch}", f"{weekday[1]} {english}"
    if generator.random() < 0.5:
        year = int(generator.integers(1900, 2031))
        dutch, english = f"{dutch} {year}", f"{english} {year}"
    return dutch, english


def clock(generator: np.random.Generator) -> Pair:
    """Return a time: 14.30 uur."""
    hour, minute = int(generator.integers(0, 24)), int(generator.integers(0, 12)) * 5
    mark = "." if generator.random() < 0.6 else ":"
    return f"{hour}{mark}{minute:02d} uur", f"{hour}:{minute:02d}"


def count(generator: np.random.Generator) -> Pair:
    """Return a count of something: 12.500 mensen, drieëntwintig banen, 3,5 kilometer."""
    kind = generator.random()
    noun = _one(_COUNTED, generator)
    if kind < 0.25:
        dutch, english = _decimal(generator)
        noun = _one(_UNITS, generator)
    elif kind < 0.5:
        tens = list(_TENS.values())[int(generator.integers(len(_TENS)))]
        ones = _one(_ONES, generator)
        dutch, english = f"{ones[0]}{tens[0]}", f"{tens[1]}-{ones[1]}"
    elif kind < 0.65:
        dutch, english = _decimal(generator)
        scale = _one(_SCALES, generator)
        dutch, english = f"{dutch} {scale[0]}", f"{english} {scale[1]}"
    else:
        dutch, english = _whole(int(10 ** generator.uniform(1, 6)))
    return f"{dutch} {noun[0]}", f"{english} {noun[1]}"


def hour(generator: np.random.Generator) -> Pair:
    """Return a time in words: half negen is half past eight."""
    at = int(generator.integers(1, 13))
    kind = int(generator.integers(4))
    if kind == 0:
        # Dutch counts the half hour towards the next one.
        return f"half {_HOURS[at % 12][0]}", f"half past {_HOURS[at - 1][1]}"
    here = _HOURS[at - 1]
    if kind == 1:
        return f"kwart over {here[0]}", f"a quarter past {here[1]}"
    if kind == 2:
        return f"kwart voor {here[0]}", f"a quarter to {here[1]}"
    return f"{here[0]} uur", f"{here[1]} o'clock"


def age(generator: np.random.Generator) -> Pair:
    """Return an age before a noun: 43-jarige man."""
    years = int(generator.integers(10, 95))
    noun = _one(_PEOPLE, generator)
    return f"{years}-jarige {noun[0]}", f"{years}-year-old {noun[1]}"


def score(generator: np.random.Generator) -> Pair:
    """Return a result: 2-1."""
    result = f"{generator.integers(0, 8)}-{generator.integers(0, 8)}"
    return result, result


def rank(generator: np.random.Generator) -> Pair:
    """Return an ordinal in digits: 3e, 21ste."""
    place = int(generator.integers(1, 60))
    last = "th" if 10 < place % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{'e' if generator.random() < 0.7 else 'ste'}", f"{place}{last}"


def decade(generator: np.random.Generator) -> Pair:
    """Return a decade: jaren 90, jaren tachtig."""
    tens = int(generator.integers(2, 10)) * 10
    return f"jaren {tens if generator.random() < 0.6 else _TENS[tens][0]}", f"19{tens}s"


def spread(generator: np.random.Generator) -> Pair:
    """Return a range: 5 tot 10 procent, 20 à 30 kilometer."""
    low = int(generator.integers(2, 60))
    high = low + int(generator.integers(1, 40))
    word = "tot" if generator.random() < 0.6 else "à"
    noun = _one([("procent", "percent"), *_UNITS[:3], *_COUNTED[:5]], generator)
    return f"{low} {word} {high} {noun[0]}", f"{low} to {high} {noun[1]}"


def rate(generator: np.random.Generator) -> Pair:
    """Return a speed or a measure with a unit's sign: 130 km/u, 3,5 °C."""
    kind = int(generator.integers(3))
    if kind == 0:
        value = int(generator.integers(3, 30)) * 10
        return f"{value} kilometer per uur", f"{value} kilometres per hour"
    if kind == 1:
        value = int(generator.integers(3, 30)) * 10
        return f"{value} km/u", f"{value} km/h"
    dutch, english = _decimal(generator)
    sign = "-" if generator.random() < 0.3 else ""
    return f"{sign}{dutch} graden", f"{sign}{english} degrees"


_SLOTS: dict[str, Callable[[np.random.Generator], Pair]] = {
    "amount": amount,
    "percentage": percentage,
    "date": date,
    "clock": clock,
    "count": count,
    "hour": hour,
    "age": age,
    "score": score,
    "rank": rank,
    "decade": decade,
    "spread": spread,
    "rate": rate,
}
# A name in braces is a slot; a digit after it tells two of a kind apart.
_FRAMES: list[Pair] = [
    ("De omzet steeg met {percentage} tot {amount}.", "Turnover rose by {percentage} to {amount}."),
    ("Het bedrijf boekte een winst van {amount}.", "The company made a profit of {amount}."),
    ("De schade wordt geschat op {amount}.", "The damage is estimated at {amount}."),
    ("Dat kost de gemeente {amount} per jaar.", "That costs the municipality {amount} a year."),
    ("Het kabinet trekt er {amount} voor uit.", "The cabinet is setting aside {amount} for it."),
    ("Hij kreeg een boete van {amount}.", "He was fined {amount}."),
    ("De prijs ging van {amount} naar {amount2}.", "The price went from {amount} to {amount2}."),
    ("Op {date} waren er {count}.", "On {date} there were {count}."),
    ("Sinds {date} zijn er {count} bijgekomen.", "Since {date}, {count} have been added."),
    ("De zitting begint op {date} om {clock}.", "The hearing begins on {date} at {clock}."),
    ("De politie kreeg om {clock} een melding.", "The police received a report at {clock}."),
    (
        "Het ging om {count}, {percentage} meer dan vorig jaar.",
        "It concerned {count}, {percentage} more than last year.",
    ),
    (
        "Volgens het CBS daalde het aantal met {percentage}.",
        "According to Statistics Netherlands, the number fell by {percentage}.",
    ),
    ("In totaal gaat het om {count}.", "In total it concerns {count}."),
    ("De inflatie kwam uit op {percentage}.", "Inflation came to {percentage}."),
    (
        "Tussen {date} en {date2} vielen er {count} af.",
        "Between {date} and {date2}, {count} dropped out.",
    ),
    ("{percentage} van de ondervraagden is tegen.", "{percentage} of those surveyed are against."),
    ("Er werken {count} bij het concern.", "The group has {count}."),
    (
        "Het aandeel sloot {percentage} lager op {amount}.",
        "The share closed {percentage} lower at {amount}.",
    ),
    ("Omzet stijgt naar {amount}", "Turnover rises to {amount}"),
    ("{amount} voor nieuwe brug", "{amount} for new bridge"),
    ("Winst van {amount} in eerste kwartaal", "Profit of {amount} in first quarter"),
    ("Verdachte blijft vast tot {date}", "Suspect to be held until {date}"),
    ("De vergadering begint om {hour}.", "The meeting starts at {hour}."),
    ("Rond {hour} ging het mis.", "Things went wrong at around {hour}."),
    ("Een {age} is zaterdag aangehouden.", "A {age} was arrested on Saturday."),
    ("De {age} raakte lichtgewond.", "The {age} was slightly injured."),
    ("Het werd {score} na verlenging.", "It ended {score} after extra time."),
    (
        "Bij rust was het {score}, na afloop {score2}.",
        "It was {score} at half-time, {score2} at the end.",
    ),
    ("Zij eindigde als {rank} in het klassement.", "She finished {rank} in the standings."),
    ("Het gebouw stamt uit de {decade}.", "The building dates from the {decade}."),
    ("Het gaat om {spread}.", "It concerns {spread}."),
    ("Gemeten werd {rate}.", "The reading was {rate}."),
    ("{amount}", "{amount}"),
    ("{date}", "{date}"),
]


def figure_pair(generator: np.random.Generator) -> Pair:
    """Return one sentence with figures, in Dutch and in English."""
    dutch, english = _one(_FRAMES, generator)
    for name, make in _SLOTS.items():
        for slot in (f"{{{name}}}", f"{{{name}2}}"):
            if slot in dutch:
                value = make(generator)
                dutch, english = dutch.replace(slot, value[0]), english.replace(slot, value[1])
    return dutch, english
