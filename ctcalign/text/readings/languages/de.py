"""German."""

from __future__ import annotations

from ctcalign.text.readings.languages.tables import currencies, forms, units
from ctcalign.text.readings.locale import Locale
from ctcalign.text.readings.numbers import Numbers

_MONTHS = tuple("januar februar märz april mai juni juli august september oktober november dezember".split())
_ENDINGS = ("er", "en", "es", "em")


class _GermanNumbers(Numbers):
    """Compounds in one word, ordinals in every ending, years by hundreds."""

    def cardinal(self, number: int) -> list[str]:
        """ "1984" as "eintausendneunhundert...", "tausendneunhundert...", with "und" and with "zwo"."""
        phrases = super().cardinal(number)
        if not phrases:
            return []
        first = phrases[0]
        others = []
        if first.startswith(("einhundert", "eintausend")):
            others.append(first[3:])
        if number == 2:
            others.append("zwo")
        return [*phrases, *others]

    def ordinal(self, number: int) -> list[str]:
        """ "3" as "dritte", "dritter", "dritten", "drittes", "drittem"."""
        first = super().ordinal(number)[:1]
        return [*first, *(f"{form[:-1]}{ending}" for form in first for ending in _ENDINGS)]

    def year(self, number: int) -> list[str]:
        """ "1984" as "neunzehnhundertvierundachtzig", "2024" as "zweitausendvierundzwanzig"."""
        if not 1100 <= number < 2000:
            return self.cardinal(number)
        rest = self.cardinal(number % 100)[0] if number % 100 else ""
        head = self.cardinal(number // 100)[0]
        return [f"{head}hundert{rest}", *([f"{head}hundertund{rest}"] if rest else [])]


_NUMBERS = _GermanNumbers("de", {"eins": ("ein", "eine", "einen")})


def _hour(hour: int) -> str:
    return "ein" if hour == 1 else _NUMBERS.cardinal(hour)[0]


def _bare_hour(hour: int) -> str:
    return _NUMBERS.cardinal((hour - 1) % 12 + 1)[0]


def _clock(hour: int, minute: int) -> list[str]:
    """10:30 as "zehn uhr dreißig", "halb elf"; 10:45 as "viertel vor elf", "dreiviertel elf"."""
    full = f"{_hour(hour)} uhr"
    if minute == 0:
        return [full, _NUMBERS.cardinal(hour)[0], f"{_hour((hour - 1) % 12 + 1)} uhr"]
    rest = _NUMBERS.cardinal(minute)[0]
    here, after = _bare_hour(hour), _bare_hour(hour + 1)
    named = {
        15: [f"viertel nach {here}", f"viertel {after}"],
        30: [f"halb {after}"],
        45: [f"viertel vor {after}", f"dreiviertel {after}"],
        25: [f"fünf vor halb {after}"],
        35: [f"fünf nach halb {after}"],
    }.get(minute, [])
    if not named and minute % 5 == 0:
        named = [f"{rest} nach {here}"] if minute < 30 else [f"{_NUMBERS.cardinal(60 - minute)[0]} vor {after}"]
    return [f"{full} {rest}", *named, f"{_NUMBERS.cardinal(hour)[0]} {rest}"]


def _date(year: int, month: int, day: int) -> list[str]:
    name, years = _MONTHS[month - 1], _NUMBERS.year(year)[0]
    ordinals = _NUMBERS.ordinal(day)
    months = _NUMBERS.ordinal(month)
    by_name = [f"{form} {name} {years}" for form in (ordinals[2], ordinals[1], ordinals[0])]
    return [*by_name, f"{ordinals[2]} {months[2]} {years}", f"{ordinals[1]} {months[1]} {years}"]


def _fraction(numerator: int, denominator: int) -> list[str]:
    if not 2 <= denominator <= 100 or numerator > 100:
        return []
    if denominator == 2:
        return ["ein halb", "einhalb", "ein halbes", "eine halbe", "halb"] if numerator == 1 else []
    name = _NUMBERS.ordinal(denominator)[0] + "l"
    count = "ein" if numerator == 1 else _NUMBERS.cardinal(numerator)[0]
    phrases = [f"{count} {name}"]
    return [*phrases, "dreiviertel"] if (numerator, denominator) == (3, 4) else phrases


def locale(code: str) -> Locale:
    """The German locale."""
    return Locale(
        code=code,
        numbers=_NUMBERS,
        decimal=",",
        thousands=".'",
        point=("komma", "punkt"),
        minus=("minus",),
        plus=("plus",),
        to=("bis",),
        over=("durch",),
        conjunction="und",
        percent=("{} prozent",),
        number_sign=("nummer", "hashtag"),
        ordinal_suffix="te|ter|ten|tes|ste|ster|sten",
        dotted_ordinals=True,
        signs=forms("""
            &: und | +: plus, und | =: gleich, ist gleich | @: at | %: prozent | #: nummer, raute | °: grad | ×: mal
            ÷: geteilt durch | <: kleiner als | >: größer als | €: euro | $: dollar | £: pfund | §: paragraf
            §§: paragrafen
            """),
        address=forms("""
            .: punkt | @: at, ät | /: schrägstrich, slash | -: minus, bindestrich | _: unterstrich | :: doppelpunkt
            ?: fragezeichen | =: gleich | &: und | #: raute | +: plus | %: prozent | ~: tilde
            """),
        currencies=currencies("""
            $: dollar; dollar; cent; cent | €: euro; euro; cent; cent | £: pfund; pfund; penny; pence | ¥: yen; yen
            US$: dollar, us dollar; dollar, us dollar; cent; cent
            CHF: franken; franken, schweizer franken; rappen; rappen
            DM: mark, d mark; mark, d mark; pfennig; pfennig | EUR: euro; euro; cent; cent
            """),
        units=units("""
            km: kilometer; kilometer | m: meter; meter, metern | cm: zentimeter; zentimeter
            mm: millimeter; millimeter | kg: kilo, kilogramm; kilo, kilogramm | g: gramm; gramm
            mg: milligramm; milligramm | l: liter; liter | ml: milliliter; milliliter | s: sekunde; sekunden
            sek: sekunde; sekunden | min: minute; minuten | h: stunde; stunden | std: stunde; stunden
            km/h: kilometer pro stunde; kilometer pro stunde, stundenkilometer, k m h
            °C: grad, grad celsius; grad celsius, grad | °: grad; grad | m2: quadratmeter; quadratmeter
            km2: quadratkilometer; quadratkilometer | qm: quadratmeter; quadratmeter | m3: kubikmeter; kubikmeter
            W: watt; watt | kW: kilowatt; kilowatt | kWh: kilowattstunde; kilowattstunden | GB: gigabyte; gigabyte
            MB: megabyte; megabyte | %: prozent; prozent | ha: hektar; hektar | t: tonne; tonnen
            """),
        powers={"2": "quadrat", "3": "hoch drei"},
        scales={"k": "tausend", "K": "tausend", "Mio": "millionen", "Mrd": "milliarden"},
        scale_words=frozenset("tausend million millionen milliarde milliarden mio mrd".split()),
        months=_MONTHS,
        month_names=frozenset(_MONTHS) | frozenset("jan feb mrz apr jun jul aug sep sept okt nov dez jänner".split()),
        abbreviations=forms("""
            dr: doktor, dr | prof: professor, prof | hr: herr, hr | fr: frau, fr | st: sankt, st | str: straße, str
            nr: nummer, nr | usw: und so weiter, usw, u s w | bzw: beziehungsweise, b z w | ca: circa, c a
            etc: et cetera, etc | vgl: vergleiche | mio: millionen, million | mrd: milliarden, milliarde
            ggf: gegebenenfalls | inkl: inklusive | bspw: beispielsweise | sog: sogenannte, sogenannten, sogenannter
            evtl: eventuell | ok: okay, ok, o k
            """),
        dotted=forms("""
            z.b: zum beispiel, z b | d.h: das heißt, d h | u.a: unter anderem, u a | z.t: zum teil
            i.d.r: in der regel | o.ä: oder ähnliches | u.s.w: und so weiter | v.chr: vor christus
            n.chr: nach christus | abs: absatz | art: artikel | bd: band | s: seite, s
            jh: jahrhundert, jahrhunderts | jhd: jahrhundert | z: zum, z | b: beispiel, b | chr: christus
            tel: telefon | kap: kapitel
            """),
        acronyms=frozenset(
            "eu usa uno nato ard zdf cdu spd fdp csu bmw vw adac tüv dvd cd pc tv ddr brd ki it".split()
        ),
        chapters=frozenset("kapitel teil band akt szene buch artikel phase typ weltkrieg titel stufe".split()),
        rulers=frozenset(
            """
            ludwig wilhelm friedrich karl heinrich otto papst johannes paul pius elisabeth georg katharina napoleon
            """.split()
        ),
        ordinal_article=(("der", 0), ("den", 2), ("dem", 2), ("des", 2), ("die", 0)),
        clock=_clock,
        date=_date,
        fraction=_fraction,
    )
