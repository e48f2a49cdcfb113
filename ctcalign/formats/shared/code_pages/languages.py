"""Letters and common words of languages, by which a code page is recognised."""

from __future__ import annotations

# Letters beyond ASCII by frequency, and the most common words, of languages with Latin letters.
LATIN = {
    "fr": (
        "éàèêçôùîâûœëï",
        "de la le et les des en un du une que est pour qui dans a par plus pas je vous ce il ne",
    ),
    "de": ("üäöß", "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine ich sie es wir hat"),
    "es": ("óíáéñú¿¡ü", "de la que el en y a los se del las un por con no una su para es al lo como pero qué yo"),
    "pt": ("ãáçéíêóõúâàô", "de a o que e do da em um para com não uma os no se na por mais as dos como mas eu você"),
    "it": ("èàòùéì", "di e il la che in un a per non è sono una si da con del le lo mi ma come ho i al più"),
    "sv": ("äåöé", "och i att det som en på är av för med till den har de inte om ett jag du vi han hon var"),
    "da": ("øåæéö", "og i at det er en til på som med for den de der af ikke jeg du vi han et har var kan så"),
    "fi": ("äöå", "ja on ei se että hän oli en mitä minä sinä ne mutta kun niin tämä ole vain me kuin"),
    "is": ("ðíáþöæóéúý", "að og í á er það ég ekki sem við var en til um þú hann með fyrir hún af eru hvað"),
    "tr": ("ıüşçğöİâî", "ve bir bu da de için ne mi çok ben sen var daha gibi ama o değil evet hayır mı kadar"),
    "pl": ("łóążęśćńź", "i w na nie się z do to że a o jest jak ale co po tak za od czy mi ja już tylko"),
    "cs": ("íáéěřčžýšůúňťďó", "a se na v je že to s z do o i jak co by ale tak jsem jsi ne už za si mi pro"),
    "sk": ("áíčéýžúšľťôňäďóĺŕ", "a sa na v je že to s z do o i ako čo by ale tak som si nie už za mi pre"),
    "hu": ("áéöőóíüúű", "a az és hogy nem is egy van ez meg csak de ha mi én el volt már most vagy azt"),
    "ro": ("ăşţîâșțé", "de şi în a la cu nu că să pe o un este mai ce din pentru am ai el se sunt ca da"),
    "hr": ("čšžćđ", "i je u na se da su za od a o kao što nije ne to si sam ti li bi će ali mi s"),
    "lt": ("ėųšįžąūčę", "ir kad yra į iš su bet tai jis aš ne buvo kaip per o ar ji tu kas mes taip"),
    "lv": ("āīēšņūļžčģķ", "un ir ka uz es tu no ar par bet kas tas nav viņš mēs tur vai to man kā ko"),
    "et": ("äõüöšž", "ja on ei see et ma ta oli kui mis aga sa me ka siis nii ole oma seda ära"),
    "en": ("éïñèêöüáóç", "the of and to a in is it that you i for on was with he as his be at this have not they"),
    "nl": ("ëéïèüóê", "de het een van en in is dat op te ik je niet zijn met voor er maar die wat ook hij we"),
}
# All letters of other alphabets by frequency.
ALPHABETS = {
    "ru": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфёъ",
    "uk": "оаниіврктелсмудпяьзгбчйїжхшюцщєфґ",
    "bg": "аоиентрсвлкдпмзяъгбучщцхжйшфюь",
    "sr": "аиоенртсукјвдмплзбгчшцжхљњћђфџ",
    "el": "αοιετσνηυρπκμλςίωόάδγέήχθφύβώξζψϊϋΐΰ",
    "he": "יוהלארתבשמםנדעחפקגכזטסןצךףץ",
    "ar": "ايلمونرتبةعدفسهكقحجشطصخذضثزغءأىإظؤئآ،؟",
    "fa": "اينردمتوهبسشزکلخفگقپعحچجغصطضژذظثآئكى،؟",
    "th": "านรก่อเงมย้วลดตสิ์ีทคั็ปะใหไชแบจพำขโถถูผึุญธศซฟณภืฝฐฎฮฤฏฆฌฑฒฉ๊๋ๆฯษ",
}
# The most common characters of Chinese (simplified: zh, traditional: zt), Japanese and Korean.
COMMON = {
    "zh": (
        "的一是不了人我在有他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生会那后能对着事其里所"
        "去行过家十用发天如然作方成者多日都三小军二无同么经法当起与好看学进种将还分此心前面又定见只主没公从很"
        "今"
    ),
    "zt": (
        "的一是不了人我在有他這為之大來以個中上們到說國和地也子時道出而要於就下得可你年生會那後能對著事其裡所"
        "去行過家十用發天如然作方成者多日都三小軍二無同麼經法當起與好看學進種將還分此心前面又定見只主沒公從很"
        "今"
    ),
    "ja": (
        "のいしはたをてるがにとなれでかすあっらもこんだうくりよさきまそちえけつどみねわおめじやせへろょばゃげ"
        "べぶむほごぎずびふひぐゅぬゆゃぼぜ、。？！ー・「」ンスルトリアイラクドシレジタフマカッコロサムテニグ"
        "バプデパオウキナュメセチャツハネミョビズモヤブエヘホヨワ日人一大年本中出時行見分生今何言私思"
    ),
    "ko": (
        "이다는에의을가고하지은를도로한사어기나인서자리라아그시대들해수있일만전정부것게니으보제여거주오스안년"
        "면장상무원구비마생공동성세회저용연까와우요없내말미네적음과선야"
    ),
}
