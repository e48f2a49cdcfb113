"""The guess of a code page: languages by code pages by lengths, short captions as people write them."""

from __future__ import annotations

import pytest

from ctcalign.formats.shared.code_pages.guess import guess

# Code pages, and two captions.
CAPTIONS = {
    "French": ("cp1252 mac_roman", "Je ne sais pas où il est allé.", "Très bien, à bientôt mon garçon !"),
    "German": ("cp1252 cp850", "Ich weiß nicht, wo er hingegangen ist.", "Schöne Grüße an deine Mutter, übrigens."),
    "Spanish": ("cp1252", "No sé adónde fue ese señor.", "¡Muy bien, hasta mañana, niño!"),
    "Portuguese": ("cp1252", "Não sei para onde ele foi.", "Até amanhã, irmão, e obrigado pela atenção."),
    "Italian": ("cp1252", "Non so dove sia andato, però è tardi.", "La verità è che non c'è più tempo."),
    "Swedish": ("cp1252", "Jag vet inte vart han gick.", "Vi ses i morgon då, säger jag."),
    "Danish": ("cp1252", "Jeg ved ikke, hvor han gik hen på øen.", "Så ses vi i morgen, kære."),
    "Finnish": ("cp1252", "En tiedä, minne hän meni.", "Nähdään huomenna, ystävä."),
    "Icelandic": ("cp1252", "Ég veit ekki hvert hann fór.", "Sjáumst á morgun, það verður gaman."),
    "English": ("cp1252", "I don’t know where he went – do you?", "“See you tomorrow,” he said…"),
    "Turkish": ("cp1254", "Nereye gittiğini bilmiyorum.", "Yarın görüşürüz, kardeşim."),
    "Polish": ("cp1250 iso8859_2 cp852", "Nie wiem, dokąd poszedł mój brat.", "Do jutra, cieszę się, że się udało."),
    "Czech": ("cp1250 iso8859_2", "Nevím, kam šel můj bratr.", "Tak zítra, těším se, že přijdeš."),
    "Slovak": ("cp1250", "Neviem, kam išiel môj brat.", "Tak zajtra, teším sa, že prídeš."),
    "Hungarian": ("cp1250", "Nem tudom, hová ment a bátyám.", "Holnap találkozunk, örülök, hogy eljössz, hősöm."),
    "Romanian": ("cp1250", "Nu ştiu unde a plecat fratele meu.", "Ne vedem mâine, să fiţi bine."),
    "Croatian": ("cp1250", "Ne znam kamo je otišao moj brat.", "Vidimo se sutra, čekat ću te kod kuće."),
    "Lithuanian": ("cp1257", "Nežinau, kur išėjo mano brolis.", "Iki rytojaus, džiaugiuosi, kad ateisi į šventę."),
    "Latvian": ("cp1257", "Es nezinu, kurp aizgāja mans brālis.", "Tiksimies rīt, būšu mājās."),
    "Russian": ("cp1251 koi8_r cp866", "Я не знаю, куда он ушёл.", "До завтра, братишка."),
    "Ukrainian": ("cp1251", "Я не знаю, куди він пішов.", "До завтра, мій друже, її чекаємо."),
    "Bulgarian": ("cp1251", "Не знам къде отиде той.", "До утре, приятелю."),
    "Greek": ("cp1253 iso8859_7", "Δεν ξέρω πού πήγε ο φίλος μου.", "Τα λέμε αύριο, φίλε μου."),
    "Hebrew": ("cp1255", "אני לא יודע לאן הוא הלך.", "להתראות מחר, חבר."),
    "Arabic": ("cp1256", "لا أعرف إلى أين ذهب.", "أراك غدا يا صديقي."),
    "Thai": ("cp874", "ฉันไม่รู้ว่าเขาไปไหน", "เจอกันพรุ่งนี้นะ"),
    "Japanese": ("cp932 euc_jp iso2022_jp", "彼がどこへ行ったのか知りません。", "また明日ね、友よ。"),
    "Chinese": ("gb18030", "我不知道他去了哪里。", "明天见，我的朋友。"),
    "Traditional Chinese": ("big5", "我不知道他去了哪裡。", "明天見，我的朋友。"),
    "Korean": ("cp949", "그가 어디로 갔는지 모르겠어요.", "내일 봐요, 친구."),
}
CASES = [(name, page) for name, (pages, *_) in CAPTIONS.items() for page in pages.split()]


def srt(lines: list[str]) -> str:
    return "".join(f"{k + 1}\r\n00:00:0{k},000 --> 00:00:0{k},900\r\n{line}\r\n\r\n" for k, line in enumerate(lines))


@pytest.mark.parametrize(("name", "page"), CASES)
def test_two_captions_are_enough(name, page):
    text = srt([*CAPTIONS[name][1:]])
    data = text.encode(page)
    assert data.decode(guess(data)) == text


def test_nearly_every_single_caption_is_enough():
    single = [srt([caption]).encode(page) for name, page in CASES for caption in CAPTIONS[name][1:]]
    texts = [srt([caption]) for name, page in CASES for caption in CAPTIONS[name][1:]]
    right = sum(data.decode(guess(data), errors="replace") == text for data, text in zip(single, texts, strict=True))
    assert right >= 0.95 * len(single)


@pytest.mark.parametrize("text", ["THIS COST £450", "5 €", "2 °C – no more", "©2020", "naïve", "Zoë", "½ pint"])
def test_single_signs_in_english_are_western(text):
    data = text.encode("cp1252")
    assert data.decode(guess(data)) == text
