"""Codes of languages: films give three letters (ISO 639-2), people two (ISO 639-1)."""

from __future__ import annotations

import re

# ISO 639-1 with its codes in ISO 639-2, two where the bibliographic and the terminological one differ, and codes that
# were withdrawn but are still in use.
_CODES = """
aa aar,ab abk,ae ave,af afr,ak aka,am amh,an arg,ar ara,as asm,av ava,ay aym,az aze,ba bak,be bel,bg bul,bi bis,
bm bam,bn ben,bo bod tib,br bre,bs bos,ca cat,ce che,ch cha,co cos,cr cre,cs ces cze,cu chu,cv chv,cy cym wel,da dan,
de deu ger,dv div,dz dzo,ee ewe,el ell gre,en eng,eo epo,es spa,et est,eu eus baq,fa fas per,ff ful,fi fin,fj fij,
fo fao,fr fra fre,fy fry,ga gle,gd gla,gl glg,gn grn,gu guj,gv glv,ha hau,he heb iw,hi hin,ho hmo,hr hrv,ht hat,
hu hun,hy hye arm,hz her,ia ina,id ind,ie ile,ig ibo,ii iii,ik ipk,io ido,is isl ice,it ita,iu iku,ja jpn,jv jav jw,
ka kat geo,kg kon,ki kik,kj kua,kk kaz,kl kal,km khm,kn kan,ko kor,kr kau,ks kas,ku kur,kv kom,kw cor,ky kir,la lat,
lb ltz,lg lug,li lim,ln lin,lo lao,lt lit,lu lub,lv lav,mg mlg,mh mah,mi mri mao,mk mkd mac,ml mal,mn mon,mr mar,
ms msa may,mt mlt,my mya bur,na nau,nb nob,nd nde,ne nep,ng ndo,nl nld dut,nn nno,no nor,nr nbl,nv nav,ny nya,oc oci,
oj oji,om orm,or ori,os oss,pa pan,pi pli,pl pol,ps pus,pt por,qu que,rm roh,rn run,ro ron rum,ru rus,rw kin,sa san,
sc srd,sd snd,se sme,sg sag,si sin,sk slk slo,sl slv,sm smo,sn sna,so som,sq sqi alb,sr srp,ss ssw,st sot,su sun,
sv swe,sw swa,ta tam,te tel,tg tgk,th tha,ti tir,tk tuk,tl tgl,tn tsn,to ton,tr tur,ts tso,tt tat,tw twi,ty tah,
ug uig,uk ukr,ur urd,uz uzb,ve ven,vi vie,vo vol,wa wln,wo wol,xh xho,yi yid ji,yo yor,za zha,zh zho chi,zu zul
"""
_SHORT = {
    code: codes[0] for entry in _CODES.replace("\n", "").split(",") for codes in [entry.split()] for code in codes
}


def same_language(one: str, other: str) -> bool:
    """Whether two codes stand for one language: "en", "eng" and "en-GB"; "de", "deu" and "ger"."""
    return _plain(one) == _plain(other)


def is_language(text: str) -> bool:
    """Whether a text is a code of a language: of ISO 639-1, or three letters, perhaps with a region or a script."""
    match = re.fullmatch(r"([a-z]{2,3})([-_][a-z0-9]{1,8})*", text.strip().lower())
    return match is not None and (len(match[1]) == 3 or match[1] in _SHORT)


def _plain(code: str) -> str:
    main = code.strip().lower().replace("_", "-").split("-")[0]
    return _SHORT.get(main, main)
