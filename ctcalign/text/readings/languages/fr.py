"""French, with the numbers of Belgium and Switzerland."""

from __future__ import annotations

from ctcalign.text.readings.languages.tables import currencies, forms, units
from ctcalign.text.readings.locale import Locale
from ctcalign.text.readings.numbers import Numbers

_MONTHS = tuple("janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split())


class _FrenchNumbers(Numbers):
    """Years also by hundreds ("dix neuf cent"), numbers of two digits in pairs for telephones."""

    def ordinal(self, number: int) -> list[str]:
        """ "1" as "premier", "première", "2" as "deuxième", "second", "seconde"."""
        if number == 1:
            return ["premier", "première"]
        return [*super().ordinal(number), *(["second", "seconde"] if number == 2 else [])]

    def year(self, number: int) -> list[str]:
        """ "1984" as "dix neuf cent quatre vingt quatre" and "mille neuf cent ..."."""
        phrases = super().year(number)
        if 1100 <= number < 2000:
            rest = self.cardinal(number % 100)[0] if number % 100 else ""
            phrases.append(f"{self.cardinal(number // 100)[0]} cent {rest}".strip())
        return phrases

    def digits(self, digits: str) -> list[str]:
        """Digit by digit; even numbers of digits from six on also in pairs, as telephone numbers are read."""
        phrases = super().digits(digits)
        if len(digits) >= 6 and len(digits) % 2 == 0:
            pairs = (digits[place : place + 2] for place in range(0, len(digits), 2))
            spoken = (
                f"zéro {self.cardinal(int(pair))[0]}" if pair[0] == "0" else self.cardinal(int(pair))[0]
                for pair in pairs
            )
            phrases.insert(0, " ".join(spoken))
        return phrases


def _numbers(code: str) -> _FrenchNumbers:
    region = code.partition("_")[2]
    return _FrenchNumbers(f"fr_{region}" if region in ("BE", "CH") else "fr", {"un": ("une",)})


_NUMBERS = _numbers("fr")


def _hour(hour: int) -> list[str]:
    if hour in (0, 24):
        return ["minuit", "zéro heure"]
    name = "une" if hour == 1 else _NUMBERS.cardinal(hour)[0].removesuffix(" un") + (" et une" if hour == 21 else "")
    name = name.replace("et et", "et")
    hours = [f"{name} heure" if hour == 1 else f"{name} heures"]
    return [*hours, "midi"] if hour == 12 else hours


def _clock(hour: int, minute: int) -> list[str]:
    """10:30 as "dix heures trente", "dix heures et demie"; 10:45 as "onze heures moins le quart"."""
    hours = _hour(hour)
    if minute == 0:
        return [*hours, *(f"{name} pile" for name in hours)]
    minutes = _NUMBERS.cardinal(minute)[-1]  # "une", for a minute is feminine
    phrases = [f"{name} {minutes}" for name in hours]
    if minute < 10:
        phrases.append(f"{hours[0]} zéro {minutes}")
    named = {15: ["et quart"], 30: ["et demie", "et demi"]}.get(minute, [])
    phrases += [f"{name} {form}" for name in hours for form in named]
    if minute > 30 and minute % 5 == 0:
        left = ["le quart", "quart"] if minute == 45 else [_NUMBERS.cardinal(60 - minute)[0]]
        phrases += [f"{_hour((hour + 1) % 24)[0]} moins {form}" for form in left]
    if hour > 12:
        phrases.append(f"{_hour(hour - 12)[0]} {minutes}")
    return phrases


def _date(year: int, month: int, day: int) -> list[str]:
    spoken_day = "premier" if day == 1 else _NUMBERS.cardinal(day)[0]
    return [f"{spoken_day} {_MONTHS[month - 1]} {form}" for form in _NUMBERS.year(year)]


def _fraction(numerator: int, denominator: int) -> list[str]:
    if not 2 <= denominator <= 100 or numerator > 100:
        return []
    name = {2: "demi", 3: "tiers", 4: "quart"}.get(denominator) or _NUMBERS.ordinal(denominator)[0]
    if numerator == 1:
        return ["un demi", "demi", "une demie", "la moitié"] if denominator == 2 else [f"un {name}"]
    plural = name if name.endswith("s") else f"{name}s"
    return [f"{_NUMBERS.cardinal(numerator)[0]} {plural}"]


def locale(code: str) -> Locale:
    """The French locale."""
    return Locale(
        code=code,
        numbers=_numbers(code),
        decimal=",",
        thousands=".'",
        point=("virgule", "point"),
        minus=("moins",),
        plus=("plus",),
        to=("à",),
        over=("sur",),
        conjunction="et",
        percent=("{} pour cent",),
        number_sign=("numéro", "dièse", "hashtag"),
        ordinal_suffix="er|re|ère|ere|e|è|ème|eme|ième|ieme|nd|nde|ers|res|es",
        signs=forms("""
            &: et | +: plus | =: égale, égal, est égal à | @: arobase, at | %: pour cent | #: numéro, dièse
            °: degrés | ×: fois | ÷: divisé par | <: inférieur à | >: supérieur à | €: euros, euro | $: dollars
            £: livres
            """),
        address=forms("""
            .: point | @: arobase, at | /: slash | -: tiret | _: tiret bas, underscore | :: deux points
            ?: point d'interrogation | =: égal | &: et | #: dièse | +: plus | %: pour cent | ~: tilde
            """),
        currencies=currencies("""
            $: dollar; dollars; cent; cents | €: euro; euros; centime, cent; centimes, cents
            £: livre; livres; penny; pence | ¥: yen; yens | US$: dollar; dollars; cent; cents
            CHF: franc, franc suisse; francs, francs suisses
            """),
        units=units("""
            km: kilomètre; kilomètres | m: mètre; mètres | cm: centimètre; centimètres | mm: millimètre; millimètres
            kg: kilo, kilogramme; kilos, kilogrammes | g: gramme; grammes | mg: milligramme; milligrammes
            l: litre; litres | L: litre; litres | ml: millilitre; millilitres | s: seconde; secondes
            min: minute; minutes | mn: minute; minutes | h: heure; heures
            km/h: kilomètre heure; kilomètres heure, kilomètres à l'heure, kilomètres par heure
            °C: degré, degré celsius; degrés, degrés celsius | °: degré; degrés | m2: mètre carré; mètres carrés
            km2: kilomètre carré; kilomètres carrés | m3: mètre cube; mètres cubes | W: watt; watts
            kW: kilowatt; kilowatts | Go: giga, gigaoctet; gigas, gigaoctets | Mo: méga, mégaoctet; mégas, mégaoctets
            %: pour cent; pour cent | ha: hectare; hectares | t: tonne; tonnes
            """),
        powers={"2": "au carré", "3": "au cube"},
        scales={"k": "mille", "K": "mille", "M": "millions", "Md": "milliards", "Mds": "milliards"},
        scale_words=frozenset("mille million millions milliard milliards".split()),
        months=_MONTHS,
        month_names=frozenset(_MONTHS),
        abbreviations=forms("""
            mme: madame, mme | mlle: mademoiselle, mlle | mm: messieurs | dr: docteur, dr | pr: professeur, pr
            me: me, maître | st: saint, st | ste: sainte, ste | etc: et cetera, et caetera, etc | n°: numéro
            no: numéro, no | nº: numéro | av: avenue, av | bd: boulevard, bd | svp: s'il vous plaît, s v p
            ok: ok, o k, okay
            """),
        dotted=forms("""
            m: monsieur, m | p.ex: par exemple | c.-à-d: c'est à dire | a.m: a m | p.m: p m | av: avant, avenue
            vol: volume | chap: chapitre | art: article | p: page | env: environ
            """),
        acronyms=frozenset("usa ue onu otan sncf tv cd dvd pc adn tva pdg edf ratp cgt fbi uk".split()),
        chapters=frozenset(
            """
            chapitre partie tome acte scène livre volume article phase type guerre mondiale titre niveau
            """.split()
        ),
        rulers=frozenset(
            """
            louis napoléon henri charles françois philippe jean paul pie benoît elisabeth élisabeth
            """.split()
        ),
        clock=_clock,
        date=_date,
        fraction=_fraction,
    )
