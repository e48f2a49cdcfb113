"""English abbreviations: key (lower case, without its last dot) and its readings, most likely first."""

from __future__ import annotations

from typing import Final

from ctcalign.text.readings.languages.tables import forms

ABBREVIATIONS: Final = forms("""
mr: mister, mr
mrs: missus, mrs, misses
ms: miss, ms, mizz
mx: mix, mx
dr: doctor, drive, dr
st: saint, street, st
prof: professor, prof
rev: reverend, rev
capt: captain, capt
lt: lieutenant, lt
sgt: sergeant, sgt
maj: major, maj
cpl: corporal, cpl
jr: junior, jr
sr: senior, sr
mt: mount, mt
hon: honorable, honourable, hon
messrs: messieurs, messrs
etc: et cetera, etcetera, etc, and so on
&c: et cetera, etcetera, and so on
vs: versus, vs, v s
viz: namely, viz, videlicet
approx: approximately, approx
dept: department, dept
inc: incorporated, inc, ink
ltd: limited, ltd
corp: corporation, corp
bros: brothers, bros
ave: avenue, ave
blvd: boulevard, blvd
rd: road, rd
eg: for example, e g, eg
ie: that is, i e, ie
cf: compare, c f, confer
ca: circa, about, c a
feat: featuring, feat
w/: with
w/o: without
c/o: care of, c o
b/c: because
ok: okay, ok, o k
tv: t v, tv
ph.d: p h d, doctor of philosophy
phd: p h d, doctor of philosophy, phd
am: am, a m
pm: p m, pm
ad: ad, a d
bc: b c, before christ, bc
bce: b c e, bce
ce: c e, ce
asap: a s a p, asap, as soon as possible
rock'n'roll: rock'n'roll, rock and roll, rock n roll
rock-n-roll: rock n roll, rock and roll
'n': n, and
o'clock: o'clock
c++: c plus plus, c p p
c#: c sharp
f#: f sharp
.net: dot net
at&t: a t and t, at and t
r&b: r and b
q&a: q and a
r&d: r and d
b&b: b and b
24/7: twenty four seven, twenty four hours a day seven days a week
9/11: nine eleven
b2b: b to b, b two b
b2c: b to c, b two c
p2p: p to p, p two p, peer to peer
""")

DOTTED: Final = forms("""
e.g: for example, e g, for instance
i.e: that is, i e, that is to say
a.m: a m, am
p.m: p m, pm
a.d: a d, anno domini
b.c: b c, before christ
n.b: n b, nota bene
p.s: p s
q.v: q v, which see
gen: general, gen
col: colonel, col
gov: governor, gov
sen: senator, sen
rep: representative, rep
adm: admiral, adm
supt: superintendent, supt
co: company, co
est: established, est, estimated
fig: figure, fig
figs: figures, figs
vol: volume, vol
vols: volumes, vols
ch: chapter, ch
sec: section, sec, second
pp: pages, p p
p: page, p
ed: edited, ed, editor
eds: editors, eds
jan: january, jan
feb: february, feb
mar: march, mar
apr: april, apr
jun: june, jun
jul: july, jul
aug: august, aug
sep: september, sep
sept: september, sept
oct: october, oct
nov: november, nov
dec: december, dec
mon: monday, mon
tue: tuesday, tue
tues: tuesday, tues
wed: wednesday, wed
thu: thursday, thu
thurs: thursday, thurs
fri: friday, fri
sat: saturday, sat
sun: sunday, sun
ft: fort, feet, ft
esq: esquire, esq
univ: university, univ
assn: association, assn
al: al
""")

BEFORE_NUMBERS: Final = forms("""
no: number, no
nos: numbers, nos
vol: volume, vol
ch: chapter, ch
fig: figure, fig
p: page, p
pp: pages, p p
sec: section, sec
art: article, art
jan: january, jan
feb: february, feb
mar: march, mar
apr: april, apr
jun: june, jun
jul: july, jul
aug: august, aug
sep: september, sep
sept: september, sept
oct: october, oct
nov: november, nov
dec: december, dec
v: verse, versus, v
""")
