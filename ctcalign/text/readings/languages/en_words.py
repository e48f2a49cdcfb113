"""English words for signs, measures and the calendar."""

from __future__ import annotations

from typing import Final

from ctcalign.text.readings.languages.tables import forms, units

MONTHS: Final = tuple(
    "january february march april may june july august september october november december".split()
)  # fmt: skip
_MONTH_SHORT = {"jan": "january", "feb": "february", "mar": "march", "apr": "april", "jun": "june", "jul": "july",
                "aug": "august", "sep": "september", "sept": "september", "oct": "october", "nov": "november",
                "dec": "december"}  # fmt: skip
MONTH_NAMES: Final = frozenset(MONTHS) | frozenset(_MONTH_SHORT)

SIGNS: Final = forms("""
&: and, ampersand
+: plus, and
=: equals, is, is equal to
@: at
%: percent, per cent
#: hash, number, hashtag
°: degrees
×: times, by
÷: divided by, over
±: plus or minus
<: less than
>: greater than
≤: less than or equal to
≥: greater than or equal to
≈: approximately, about
√: square root of, root
∞: infinity
π: pi
§: section, paragraph
№: number
†: dagger
→: to, arrow
‰: per mille, per thousand
€: euros, euro
$: dollars, dollar
£: pounds, pound
¥: yen
¢: cents, cent
""")

ADDRESS: Final = forms("""
.: dot
@: at
/: slash
-: dash, hyphen
_: underscore
:: colon
?: question mark
=: equals
&: and
#: hash
+: plus
%: percent
~: tilde
""")

SCALES: Final = {
    "k": "thousand", "K": "thousand", "m": "million", "M": "million", "mn": "million", "mln": "million",
    "mio": "million", "b": "billion", "B": "billion", "bn": "billion", "tn": "trillion", "T": "trillion",
}  # fmt: skip

UNITS: Final = units("""
km: kilometer, kilometre; kilometers, kilometres, k | m: meter, metre; meters, metres, m
cm: centimeter, centimetre; centimeters, centimetres | mm: millimeter, millimetre; millimeters, millimetres
nm: nanometer, nanometre; nanometers, nanometres | µm: micron, micrometer; microns, micrometers
mi: mile; miles | yd: yard; yards | ft: foot; feet | in: inch; inches | ": inch; inches | ″: inch; inches
': foot; feet | ′: foot; feet | kg: kilogram, kilo; kilograms, kilos | g: gram; grams
mg: milligram; milligrams | µg: microgram; micrograms | lb: pound; pounds | lbs: pound; pounds
oz: ounce; ounces | t: ton, tonne; tons, tonnes | l: liter, litre; liters, litres
L: liter, litre; liters, litres | ml: milliliter, millilitre; milliliters, millilitres
mL: milliliter, millilitre; milliliters, millilitres | s: second; seconds | sec: second; seconds
secs: second; seconds | ms: millisecond; milliseconds | min: minute; minutes | mins: minute; minutes
h: hour; hours | hr: hour; hours | hrs: hour; hours | Hz: hertz; hertz | kHz: kilohertz; kilohertz
MHz: megahertz; megahertz | GHz: gigahertz; gigahertz | dB: decibel; decibels, d b | V: volt; volts
kV: kilovolt; kilovolts | A: amp, ampere; amps, amperes | W: watt; watts | kW: kilowatt; kilowatts
MW: megawatt; megawatts | GW: gigawatt; gigawatts | kWh: kilowatt hour; kilowatt hours | J: joule; joules
kJ: kilojoule; kilojoules | kcal: kilocalorie; kilocalories, calories | B: byte; bytes
KB: kilobyte; kilobytes, k b | kB: kilobyte; kilobytes, k b | MB: megabyte; megabytes, m b, megs
GB: gigabyte; gigabytes, g b, gigs | TB: terabyte; terabytes, t b
Mbps: megabit per second; megabits per second | mph: mile per hour; miles per hour, miles an hour, m p h
km/h: kilometer per hour; kilometers per hour, kilometers an hour, kilometres per hour, kilometres an hour
kph: kilometer per hour; kilometers per hour, kilometers an hour, kilometres per hour, k p h
kmh: kilometer per hour; kilometers per hour, kilometers an hour, kilometres per hour
m/s: meter per second; meters per second, metres per second
rpm: revolution per minute; r p m, revolutions per minute | fps: frame per second; frames per second, f p s
m2: square meter, square metre; square meters, square metres, meters squared
km2: square kilometer, square kilometre; square kilometers, square kilometres
m3: cubic meter, cubic metre; cubic meters, cubic metres
cm3: cubic centimeter; cubic centimeters, cubic centimetres | ft2: square foot; square feet
ha: hectare; hectares | °: degree; degrees
°C: degree celsius, degree; degrees celsius, degrees, degrees centigrade, degrees c
°F: degree fahrenheit, degree; degrees fahrenheit, degrees, degrees f | K: kelvin; kelvin, kelvins
Ω: ohm; ohms | px: pixel; pixels, p x | %: percent, per cent; percent, per cent | x: time, x, by; times, x, by
am: a m, am; a m, am | pm: p m, pm; p m, pm | AM: a m, am; a m, am | PM: p m, pm; p m, pm
""")

ACRONYMS: Final = frozenset(
    "usa uk us eu un fbi cia bbc cnn nbc abc cbs ibm mit ucla nba nfl nhl tv dvd cd pc ai it id ip vip ceo cfo cto hr "
    "pr gdp dna rna usb gps atm faq diy aka asap rip iq ufo suv url html http sql api cpu gpu nato nasa".split()
)  # fmt: skip
CHAPTERS: Final = frozenset(
    "chapter part section volume vol book act scene canto article appendix phase type level title figure table class "
    "stage grade mark  war unit season episode sonnet psalm number no page plate rule verse letter lecture lesson "
    "super bowl division group category tier apollo rocky round movement symphony schedule paragraph".split()
)  # fmt: skip
RULERS: Final = frozenset(
    "elizabeth charles james george henry william edward richard john louis francis napoleon nicholas alexander peter "
    "paul pius philip frederick leopold ferdinand albert victor mary benedict gregory innocent clement leo urban "
    "charles robert david malcolm kenneth otto maximilian catherine ptolemy ramses darius xerxes edmund harold".split()
)  # fmt: skip
