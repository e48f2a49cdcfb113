"""Spanish."""

from __future__ import annotations

from ctcalign.text.readings.languages.tables import currencies, forms, units
from ctcalign.text.readings.locale import Locale
from ctcalign.text.readings.numbers import Numbers

_MONTHS = tuple("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split())
_GENDERS = {
    "uno": ("un", "una"),
    "veintiuno": ("veintiún", "veintiuna"),
    "cientos": ("cientas",),
    "primero": ("primer", "primera"),
    "tercero": ("tercer", "tercera"),
}


class _SpanishNumbers(Numbers):
    """Ordinals in both genders."""

    def ordinal(self, number: int) -> list[str]:
        """ "3" as "tercero", "tercera", "tercer"."""
        phrases = super().ordinal(number)
        first = phrases[:1]
        feminine = [
            " ".join(f"{word[:-1]}a" if word.endswith("o") else word for word in form.split()) for form in first
        ]
        return list(dict.fromkeys([*first, *feminine, *phrases]))


_NUMBERS = _SpanishNumbers("es", _GENDERS)


def _hour(hour: int) -> str:
    return _NUMBERS.cardinal(hour)[-1]  # the last form is feminine: "una", "veintiuna"


def _clock(hour: int, minute: int) -> list[str]:
    """10:30 as "diez y media", "diez treinta"; 10:45 as "once menos cuarto"."""
    twelve = (hour - 1) % 12 + 1
    hours = list(dict.fromkeys((_hour(hour), _hour(twelve))))
    if minute == 0:
        return [*hours, f"{hours[-1]} en punto", f"{hours[0]} horas", f"{hours[0]} cero cero"]
    rest = _NUMBERS.cardinal(minute)[0]
    named = {15: "y cuarto", 30: "y media"}.get(minute)
    phrases = [f"{hours[-1]} {named}"] if named else []
    if minute > 30 and minute % 5 == 0:
        left = "cuarto" if minute == 45 else _NUMBERS.cardinal(60 - minute)[0]
        phrases.append(f"{_hour(twelve % 12 + 1)} menos {left}")
    plain = [f"{name} {joint}{rest}" for name in hours for joint in ("", "y ")]
    return [*phrases, *plain, *([f"{hours[0]} cero {rest}"] if minute < 10 else [])]


def _date(year: int, month: int, day: int) -> list[str]:
    name, years = _MONTHS[month - 1], _NUMBERS.cardinal(year)[0]
    days = ["primero", "uno"] if day == 1 else [_NUMBERS.cardinal(day)[0]]
    return [f"{form} de {name} {joint} {years}" for form in days for joint in ("de", "del")]


def _fraction(numerator: int, denominator: int) -> list[str]:
    names = {2: "medio", 3: "tercio"}
    if not 2 <= denominator <= 10 or numerator > 100:
        return []
    name = names.get(denominator) or _NUMBERS.ordinal(denominator)[0]
    if numerator == 1:
        return [f"un {name}", name, "la mitad"] if denominator == 2 else [f"un {name}"]
    return [f"{_NUMBERS.cardinal(numerator)[0]} {name}s"]


def locale(code: str) -> Locale:
    """The Spanish locale. Both decimal marks are accepted, since the point is common in the Americas."""
    american = code.partition("_")[2] in ("MX", "US", "PR", "GT", "HN", "NI", "SV", "PA", "DO", "PE")
    return Locale(
        code=code,
        numbers=_NUMBERS,
        decimal="." if american else ",",
        thousands=",'" if american else ".'",
        point=("punto", "coma") if american else ("coma", "punto"),
        minus=("menos",),
        plus=("más",),
        to=("a", "al"),
        over=("sobre", "entre"),
        conjunction="con",
        percent=("{} por ciento", "{} porciento"),
        number_sign=("número", "almohadilla"),
        ordinal_suffix="º|ª|o|a|os|as|er|ro|ra|do|da|to|ta|mo|ma|vo|va|no|na",
        signs=forms("""
            &: y | +: más | =: igual a, es igual a, igual | @: arroba | %: por ciento | #: número, almohadilla
            °: grados | ×: por | ÷: entre | <: menor que | >: mayor que | €: euros | $: dólares | £: libras
            """),
        address=forms("""
            .: punto | @: arroba | /: barra | -: guion | _: guion bajo | :: dos puntos | ?: interrogación | =: igual
            &: y | #: almohadilla | +: más | %: por ciento | ~: tilde
            """),
        currencies=currencies("""
            $: dólar, peso; dólares, pesos; centavo; centavos | €: euro; euros; céntimo; céntimos
            £: libra; libras; penique; peniques | ¥: yen; yenes | US$: dólar; dólares; centavo; centavos
            """),
        units=units("""
            km: kilómetro; kilómetros | m: metro; metros | cm: centímetro; centímetros | mm: milímetro; milímetros
            kg: kilo, kilogramo; kilos, kilogramos | g: gramo; gramos | mg: miligramo; miligramos | l: litro; litros
            ml: mililitro; mililitros | s: segundo; segundos | min: minuto; minutos | h: hora; horas
            km/h: kilómetro por hora; kilómetros por hora
            °C: grado, grado celsius; grados, grados centígrados, grados celsius | °: grado; grados
            m2: metro cuadrado; metros cuadrados | km2: kilómetro cuadrado; kilómetros cuadrados
            m3: metro cúbico; metros cúbicos | W: vatio; vatios | kW: kilovatio; kilovatios
            GB: giga, gigabyte; gigas, gigabytes | MB: mega, megabyte; megas, megabytes | %: por ciento; por ciento
            ha: hectárea; hectáreas | t: tonelada; toneladas
            """),
        powers={"2": "al cuadrado", "3": "al cubo"},
        scales={"k": "mil", "K": "mil", "M": "millones"},
        scale_words=frozenset(("mil", "millón", "millones")),
        months=_MONTHS,
        month_names=frozenset(_MONTHS) | {"de"},
        abbreviations=forms("""
            sr: señor, sr | sra: señora, sra | srta: señorita, srta | dr: doctor, dr | dra: doctora, dra | d: don, d
            dña: doña | etc: etcétera, etc | ud: usted | uds: ustedes | vd: usted | prof: profesor, prof
            avda: avenida | núm: número | nº: número | n°: número | ee.uu: estados unidos, e e u u | ee: estados
            uu: unidos
            """),
        dotted=forms("""
            p.ej: por ejemplo | a.m: a m, de la mañana | p.m: p m, de la tarde | a.c: antes de cristo, a c
            d.c: después de cristo, d c | pág: página | págs: páginas | cap: capítulo | vol: volumen | art: artículo
            gral: general | sto: santo | sta: santa
            """),
        acronyms=frozenset("eeuu ue onu otan dvd cd tv pc fbi iva dni pp psoe".split()),
        chapters=frozenset(
            """
            capítulo parte siglo tomo acto escena libro volumen artículo fase tipo guerra mundial título
            """.split()
        ),
        rulers=frozenset(
            """
            felipe carlos fernando isabel alfonso juan pablo benedicto enrique luis pío jaime pedro sancho
            """.split()
        ),
        clock=_clock,
        date=_date,
        fraction=_fraction,
    )
