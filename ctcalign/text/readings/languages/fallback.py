"""Languages without rules of their own: numbers by num2words, and words for the most common signs."""

from __future__ import annotations

from typing import NamedTuple

from ctcalign.text.readings.locale import Currency, Locale
from ctcalign.text.readings.numbers import ChineseNumbers, Numbers, supports


class _Words(NamedTuple):
    """Decimal mark and its name, percent ("{}" is the number), "and", euro, dollar, minus; "" where unknown."""

    decimal: str
    point: str
    percent: str
    conjunction: str
    euro: str = "euro"
    dollar: str = "dollar"
    minus: str = "minus"


_WORDS = {
    "it": _Words(",", "virgola", "{} per cento", "e", "euro", "dollari", "meno"),
    "pt": _Words(",", "vírgula", "{} por cento", "e", "euros", "dólares", "menos"),
    "ca": _Words(",", "coma", "{} per cent", "i", "euros", "dòlars", "menys"),
    "ro": _Words(",", "virgulă", "{} la sută", "și", "euro", "dolari", "minus"),
    "nl": _Words(",", "komma", "{} procent", "en", "euro", "dollar", "min"),
    "sv": _Words(",", "komma", "{} procent", "och", "euro", "dollar"),
    "da": _Words(",", "komma", "{} procent", "og", "euro", "dollar"),
    "no": _Words(",", "komma", "{} prosent", "og", "euro", "dollar"),
    "is": _Words(",", "komma", "{} prósent", "og", "evrur", "dalir", "mínus"),
    "fi": _Words(",", "pilkku", "{} prosenttia", "ja", "euroa", "dollaria", "miinus"),
    "pl": _Words(",", "przecinek", "{} procent", "i", "euro", "dolarów"),
    "cs": _Words(",", "čárka", "{} procent", "a", "euro", "dolarů"),
    "sk": _Words(",", "čiarka", "{} percent", "a", "eur", "dolárov", "mínus"),
    "sl": _Words(",", "vejica", "{} odstotkov", "in", "evrov", "dolarjev"),
    "sr": _Words(",", "запета", "{} посто", "и", "евра", "долара", "минус"),
    "ru": _Words(",", "запятая", "{} процентов", "и", "евро", "долларов", "минус"),
    "uk": _Words(",", "кома", "{} відсотків", "і", "євро", "доларів", "мінус"),
    "be": _Words(",", "коска", "{} працэнтаў", "і", "еўра", "долараў", "мінус"),
    "hu": _Words(",", "egész", "{} százalék", "és", "euró", "dollár", "mínusz"),
    "tr": _Words(",", "virgül", "yüzde {}", "ve", "avro", "dolar", "eksi"),
    "az": _Words(",", "vergül", "{} faiz", "və", "avro", "dollar", "mənfi"),
    "lt": _Words(",", "kablelis", "{} procentų", "ir", "eurų", "dolerių"),
    "lv": _Words(",", "komats", "{} procenti", "un", "eiro", "dolāri", "mīnus"),
    "id": _Words(",", "koma", "{} persen", "dan", "euro", "dolar"),
    "vi": _Words(",", "phẩy", "{} phần trăm", "và", "euro", "đô la", "âm"),
    "ar": _Words(".", "فاصلة", "{} بالمئة", "و", "يورو", "دولار", "ناقص"),
    "fa": _Words(".", "ممیز", "{} درصد", "و", "یورو", "دلار", "منفی"),
    "he": _Words(".", "נקודה", "{} אחוז", "ו", "יורו", "דולר", "מינוס"),
    "th": _Words(".", "จุด", "{} เปอร์เซ็นต์", "และ", "ยูโร", "ดอลลาร์", "ลบ"),
    "ko": _Words(".", "점", "{} 퍼센트", "그리고", "유로", "달러", "마이너스"),
    "ja": _Words(".", "点", "{} パーセント", "と", "ユーロ", "ドル", "マイナス"),
    "zh": _Words(".", "点", "百分之 {}", "和", "欧元", "美元", "负"),
    "bn": _Words(".", "দশমিক", "{} শতাংশ", "এবং", "ইউরো", "ডলার", "বিয়োগ"),
    "eo": _Words(",", "komo", "{} procentoj", "kaj", "eŭroj", "dolaroj", "minus"),
    "cy": _Words(".", "pwynt", "{} y cant", "a", "ewro", "doler", "minws"),
}
_ONES: dict[str, dict[str, tuple[str, ...]]] = {
    "it": {"uno": ("un", "una")},
    "pt": {"um": ("uma",), "dois": ("duas",)},
    "ca": {"un": ("una",), "dos": ("dues",)},
    "ro": {"unu": ("una", "un"), "doi": ("două",)},
    "nl": {"een": ("één",)},
    "ru": {"один": ("одна", "одно"), "два": ("две",), "одна": ("один",)},
    "uk": {"один": ("одна", "одне"), "два": ("дві",)},
    "pl": {"jeden": ("jedna", "jedno"), "dwa": ("dwie", "dwóch")},
    "cs": {"jedna": ("jeden", "jedno"), "dva": ("dvě",)},
    "sv": {"ett": ("en",)},
    "da": {"en": ("et",)},
    "no": {"en": ("ett", "ei")},
}
_DOTTED_ORDINALS = frozenset("da no fi cs sk sl sr pl hu tr lt lv is et hr".split())


def _numbers(code: str) -> Numbers:
    primary = code.partition("_")[0]
    if primary == "zh":
        return ChineseNumbers("zh")
    return Numbers(code if supports(code) else primary, _ONES.get(primary))


def locale(code: str) -> Locale:
    """A locale with the numbers of num2words; without numbers if num2words does not support the language."""
    primary = {"nb": "no", "nn": "no", "hr": "sr", "kk": "kz"}.get(code.partition("_")[0], code.partition("_")[0])
    numbers = _numbers(code if primary == code.partition("_")[0] else primary)
    words = _WORDS.get(primary)
    if words is None:
        return Locale(code=code, numbers=numbers)
    return Locale(
        code=code,
        numbers=numbers,
        decimal=words.decimal,
        thousands=".'" if words.decimal == "," else ",'",
        point=(words.point,),
        minus=(words.minus,),
        conjunction=words.conjunction,
        percent=(words.percent,),
        dotted_ordinals=primary in _DOTTED_ORDINALS,
        ordinal_suffix="[oa]|er|e|de|ste|й|я|е|го|му|м|х|ый|ая|ое|os|as|è|ème|:a|:e|nd|th",
        signs={"&": (words.conjunction,), "%": (words.percent.replace("{}", "").strip(),)},
        currencies={"€": Currency((words.euro,), (words.euro,)), "$": Currency((words.dollar,), (words.dollar,))},
    )
