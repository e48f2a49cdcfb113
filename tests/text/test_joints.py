"""Words glued together by punctuation are two words; what belongs together stays one."""

from __future__ import annotations

import pytest

from ctcalign.text.words import words_of


def texts(text: str, language: str | None = "en") -> list[str]:
    words = words_of(text, language)
    assert all(text[word.start : word.end] == word.text for word in words)
    assert "".join(word.text for word in words) == "".join(text.split())
    return [word.text for word in words if word.spoken]


# "/" is where the words part.
GLUED = """
museum./Tonight today?/No. guest,/Thomas high,/and 1884;/it £450,/more earned./at earned./At said./in word./word
end.../Next end…/please word—/word word--/word evening–/and said."/Yes end.”/“Next end.)/Next end”./Next you,/Anna”—/the
one!/Two Really?!/Yes a;/b one,/two,/three Listen:/this don't./Stop l'homme./Il Conan./It's end./It’s Yes./I
5./Then 2020./Then £5./Then 5%./Then 5pm./Then museum./1884 p.m./Then Mr./Smith etc./and Jr.,/and II./Then yes|/no
example.com./Tonight MUSEUM./TONIGHT fin./Été word。/Next Hello•/World good!/¿Qué dijo./¿Qué مساء؟/الخير ende./Danach
"""


@pytest.mark.parametrize("case", GLUED.split())
def test_glued_words_are_two(case):
    assert texts(case.replace("/", "")) == case.split("/")


@pytest.mark.parametrize(
    "text",
    "example.com www.bbc.co.uk/news Amazon.com YouTube.com me@x.org https://a.org/B.Html?q=1;c github.com/foo.Bar"
    " file.txt readme.md node.js Node.js ASP.NET .NET 3.14 10,000 1,2,3 9:30 3:1 10.30am v2.0.1 1.5x No.5 p.12"
    " U.S.A. U.S.Navy T.S.Eliot J.R.R. e.g.this a.m.today i.e. Ph.D. z.B. u.s.w. a/b and/or he/she AT&T C++"
    " well-known rock'n'roll"
    ' word(s) (s)he x.y 1914–18 A–Z St.-Denis un<i>like</i>ly isn’t צה"ל EU:n S:t 5.x 12.30'.split(),
)
def test_what_belongs_together_stays_one(text):
    assert texts(text) == [text]


def test_domains_of_countries_whose_letters_are_words_of_english():
    assert texts("orf.at", "de") == ["orf.at"]
    assert texts("repubblica.it", "it") == ["repubblica.it"]
    assert texts("dark.it", "en") == ["dark.", "it"]


def test_the_words_keep_their_own_readings():
    words = words_of("It was £450,more than in 1884.Then Dr.Who left.", "en")
    assert [word.readings[0] for word in words[2:4]] == [("four", "hundred", "fifty", "pounds"), ("more",)]
    assert words[6].readings[0] == ("eighteen", "eighty", "four")
    assert words[8].readings[0] == ("doctor",)
