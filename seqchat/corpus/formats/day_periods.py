"""Words for the halves of a day, in the languages of Unicode's CLDR.

Written by tests/corpus/make_day_periods.py.
"""

_WORDS = {
    "am": """
1ka a aadhiraat aamu aamulla aamup aamupäivä aamupäivällä adduha ag alfajiri am ammorge amvormittag
an ankstāinan antemidí ap asb asubuhi asʊbaa atm aðmorgni b banhaet bn bore braxkndaax canolnos comme
damanhã damattin damañá de delamadrugada delamañana delmatin dieoggend dimattina dimineața dimineață
dinda dop dopol dopoldan dopoldne dopoledne dopoludnia dopoludnie dopołdnja dopołedniŏ dumat dumatin
délelőtt día ekuseni emesnatës emëngjesit entathakusa eparadites ertalab f fh fm form formiddag ft
förm förmiddag fɔŋli fọmọnin g gajaka gauerd gauerdia geceyarısı gecəyarı gh gjk goiz goiza goizald
goizaldea goizaldeko goizeko goöň göň günortadanöň h hatinggabi hengihengi hh hommik hommikul hoseng
i iarmade ib ibikɛglà icheheavo idiɓa im inthemorning isuk iđitbeaivet iđitbeaivi jut jutro kangama
karoon keskiyö keskiyöllä kesköö keskööl ki kiroko kiɛmɛɛm krn kusãgki kutysi kuêmaramẽ ky kíkíríg
lamiezulnopții lb leebi lumalwak lwamilawu m ma madalingaraw makeo mambia manhã maná mat matin
matinada mattin mattina matí mañana mañá mbaʼámbaʼ mbaꞌmbaꞌ medianoite meianoite mesnatë mezzanotte
mg mi mid middernacht middernag midn midnat midnatt midnight miezulnopții min minuit mitjanit
mitternacht miðnætti mn moies mor morg morge morgen morgens morgon morgunn morning mrg muhi munkyo
mëngjes mëzaneutte nd ngumaga norīta ntufat ntɔngɔ nụtụtụ nửađêm ochtend od oggend omformiddagen
ommorgenen opoln opolnoci opolnoči opółn opółnocy pagi pagisiang pamilau paradite pd pg pgsg
piopensuno pitunapyterupé poln polnoc polnoč ponoć priekšp priekšpusdiena priekšpusdienā priešpiet
prijepodne prp przedpoł przedpołudnie przedpołudniem prīškpušdīnē pusnakts pusnaktī påformiddagen
påförm påförmiddagen påmorg påmorgenen påmorgonen półn północ půl půln půlnoc rano reggel rn rw rytas
ráno rīts rũ s sa saaku saasitazausiku sabah safiya sf sochtends sokallim soodo sub subah subaka
subbaahi sáng sárúwá sübh səhər taparachu tengahmalam tesiran tifawt to too uhrvörmiddaachs ujutro
ujutru ulloqeqqatatungaa uluchelo umaga utuko v vaasisu vidurnaktis vm vorm vormittag vormittags
vörmeddaach wd wichishu yarimtun yb ybore ynybore zdatazal zj zjut zjutraj zmu àárɔ àárọ éjfél öö
öğledenönce öň ĩyakwakya ŋ ŋdi ǁgoagas ɛnkakɛnyá ʊshilèkʊboɖu πμ πρωί τοπρωί а ам апн апоўначы дп
наобяд наутро ночі обедтэикеле полн полночь полноќ полунощ поноћ преподне претпл претпладне
пријеподне проб північ ранку ранок сутринта сүбһ сәһәр таң таңкы таңғы то тң түнжарымы түнорт
түнортосу утра утро ујутро ујутру шөнөдунд эи эрталаб эртеңменен эртңмн яримтун јутро ҝеҹәјары үө
ӕмбисбоныразмӕ өглөө ա առավոտ առավոտյան առվ կգ կեսգիշեր կեսգիշերին בבוקר בוקר חצות לפנהצ פארמיטאג
ءتۇنجارىمى آدھیرات اےایم بامداد بن تاڭ تاڭعى تد ص صباحا صبح صبحمنجهند صبحمیں غم فجرا فيالصباح ق
قبلازظهر قظ قم چب چۈشتىنبۇرۇن ܩ ܩܛ ߛ आधरत एएम तडक दपहरबरठ परवहन पहट फ बहन भयग भर मधयरत मधयरतर मर यएम
सकळ सबर सबह सबहज सवर এএম নম ভর ভরবলয সকল সকলবলয ਅਧਰਤ ਪਦ ਸਵਰ મધયરતર મરતર સવર ଏ ଏଏମ ପ ପରବହନ அத அதகல கல
நள நளளரவ అరధరతర ఉ ఉదయ ఎ ఎఎమ ಬಳಗಗ ಮಧಯರತರ അർദധരതര പലർചച രവല උද පනදර මදයම กอนเทยง ตอนเชา เชา เทยงคน
ในตอนเชา ກອນທຽງ ຕອນເຊາ ທຽງຄນ ເຊາ སཆ སད နနက သနခငယ დილ დილა დილით შუაღამე შუაღამეს ማለዶ ቀደምሰርምዕል ቅቀ
እኩለሌሊት ጠ ጥዋት ጽባሕ ፋዱስጃብ ᐁᒼ ᐊᒼ នពលពរក ពរក អធរតរ ᠦᠥ ᱥᱮᱛᱟᱜ ⵜⵉⴼⴰⵡⵜ 上午 午前 午夜 早上 朝早 清晨 真夜中 ꎸꄑ ꮜ ꮜꮎꮄ 아침 오전 자정
𐐰𐑋 𐑨𐑥 𑄛𑄖𑄠𑄃𑄟𑄣𑄠 𑄝𑄚𑄠 𞤢 𞤢𞤰
""",
    "night": """
atnight axşam aðnóttu damadrugada daneutte delanoche delanuit dienag dinotte ebusuku enatës gajanɩ
gaua gaueko gece gecə gjn hajnal kechasi kurãge madrugada malam nacht nachts nag naktis nakts naktī
nat natt natë neutte night nit noapte noaptea noc noche notte noć noću noč nt nótt omnatten
pitunaetéramẽ po ponoći ponoči pånatta pånatten raat snachts usiku vn vnoci wnocy yö yöllä znacht zã
éjjel öösel đêm βράδυ τοβράδυ ахшам кечаси ночи ночь ноћ ноћу ноќ ноќе ніч презнощта түн түнгі
түничинде шөнө ҝеҹә գիշեր գիշերը գիշերվա գշր בלילה לילה לפנותבוקר ءتۇن تۇنگى رات راتمیں شب فيالمساء
ليلا منتصفالليل نیمهشب रत रतर রতর রতরবলয ਰਤ રતર இர இரவ రతర ರತರ രതര මදයමටපස กลางคน ກາງຄນ ຕອນກາງຄນ ღამ
ღამე ღამით ሌሊት በሌሊት នពលយប យប 凌晨 夜中 𑄢𑄖
""",
    "pm": """
2ja aabig aand abend abends adhuhuri aft aften afternoon ak akasuba akşam akşamüstü alasiri aluula
amiază amnamittag anw apm aprèsmidi arrats arratsaldea arratsaldeko avond axşamüstü aðkvöldi
banringzgvaq baubaukndaax c canoldydd carra ch chilo chiều cɛɛnko d danoite daseia datarde delapm
delaprèsmidi delatarde delmediodía delpomeriggio desira dieaand diemiddag diena dilolo dipomeriggio
disera domediodía dopahar dopoidisnâ du dupăamiaza dupăamiază dusoir dél délután e ea eahketbeaivet
eahketbeaivi eb ebongi ebyámu efiafi efterm eftermade eftermiddag eftirhádegi eguerd eguerdia
eguerdiko eh eigulo em embrëmjes emesditës emini ep epasdites este etterm ettermiddag eve evening ew
fi fiẽ fọívnin gabi gd gjb gm gosoň gshk gsoň gtsh gündüz günorta günortadansoň gɩjibɔŋɔ gɩshilikɔnɔ
gɩteŋshile hapon hawwaro hd hwaĩinĩ hádegi iandéarapyturepé ichamthi illalla ilta iltap iltapäivä
iltapäivällä iluntz iluntzea iluntzeko in intheafternoon intheevening ip iɓugajɔp jioni karukaramẽ
kechqurun keskip keskipäivä keskipäivällä keskpäev keskpäeval kikiiɗe kingoto kisɛndɛ koosk
kooskoliny kp kugú kunduzi kurãkuju kutykỹ kv kveld kväll kvöld kyiukonyi laamiază lilli lk lumalwap
madhyanh makaaripi mbrëmje mchana mchochill md mediodía meiodia mesditë mezzogiorno middag midday
midi migdia minnos mittag mittags mo mog mpókwa muu mëzogiorno n nabali nabalị nachm nachmittag
nachmittags nam namittag nap napol napoludnie navečer ncwònzém nggabi nghapon ngo ngəgógəle nm noite
nommendaach nomë nomëttes noon ntambama ntmeddit nyiaghuo odp odpoledne omaftenen omeftermiddagen
opold opoldne ot p pamunyi papussideinan pasdite pashamihe perpiet petang piecpušdīnē pipinisuno
pitunaramẽ pm pn podne poidisnâ pol pold poldne poledne poludnie pomeriggio pop popiet popietė popod
popodne popol popoldan popoldne popoludnie popoludní popoł popołdnju popołedniu popołudnie popołudniu
poslijepodne posmidí poł południe prynhawn ptg ptm pusd pusdienlaiks pusdienlaikā pärastlõuna
pärastlõunal påefterm påeftermiddagen påettermiddagen påkvelden påkvällen pēcp pēcpusd pēcpusdiena
pēcpusdienā rãkãnhkỹ saasitazamchana sanje savonds sd seara seară seia sera shaam shwane siang
smiddags sn soir sore sorémalem soň srmlm síðdegis tadggʷat tanghalingtapat tarda tarde teipa
tengahhari thapama tk tr trưa tushpayti tŋ tối uhrnommendaachs uk ulloqeqqatakingorna ut uveče
vakaras vakars vakarā vesprada vespre več veče večer vidurdienis wb wengi wiecz wieczorem wieczór
wpoł wpołudnie wótp wótpołdnja yamma yh ym ynyprynhawn yprynhawn yrhwyr zaabig zaarikayb zmittag zmw
zv zveč zvečer õhtu õhtul ös öğle öğledensonra ĩyawĩoo ŋdɔ ŋkambɔtnji ũg ǃuias ɔsán ɛndámâ ɣ ɣetrɔ
ʊshilèkʊsasʊ απόγ απόγευμα μεσημ μεσημέρι μμ τοαπόγευμα τομεσημέρι апд апоўдні ахшамүстү веч вече
вечер вечера вечерта вечора вечір день дня кечинде кечк кечкурун кечқурун кеш кешкі кундузи навечер
напл напладне обедтэмейле орой п пладне пм подне полд полдень полудень попл попладне попод поподне
послийеподне послијеподне пп следобед слоб талтүс тк тушпайти түскі түстенкейін түстенкейінгі түшткйн
түштөнкийин түштөнкийинки увече уподне чактүш чт эк ҝүндүз ҝүнорта үддунд үх ӕмбисбоныфӕстӕ өдөр
երեկո երեկոյան երկ կեսօր կեսօրին կօ հ ցերեկ ցերեկը ցերեկվա ցրկ אחהצ אחרהצהריים בערב בצהריים נאכמיטאג
ערב צהריים ءتالتۇس ب بظ بعدازظهر بعدازچاشت بعدالظهر بم تالءتۇس تك تۇستەنكەيىن تۇستەنكەيىنگى تۇسكى دن
دوپہر دوپہرمیں سہپہر شام شاممنجهند شاممیں ظهر ظهرا عصر غو ك كەش كەشكى كەشى م مساء منجهندشام پیایم چك
چۈشتىنكېيىن ܒ ܒܛ ߥ अपरनह अपरहन दपर दपहर दपहरपत दपहरबद दपहरसज पएम ब बलक बलस मधयनह शम शमज सज सझ सञ
सधयकळ सम দপর দপরবলয পএম বকল সনধয সনধযবলয ਦਪਹਰ ਬਦ ਸ ਸਮ બપર સજ ଅ ଅପରହନ ପଏମ அநதம அநதமல நண நணபகல பற பறபகல
மத மதயம மல ప పఎమ మధయహన స సయతర ಮಧಯಹನ ಸಜ ഉചച ഉചചതരഞഞ ഉചചയകക വകനനര സനധയ දවල ප පව මධයහනය හවස คำ ชวงเทยง
ตอนบาย ตอนเยน บาย หลงเทยง เทยง เยน ในตอนบาย ในตอนเยน ຕອນທຽງ ຕອນບາຍ ຕອນແລງ ທຽງ ສວາຍ ຫງທຽງ ແລງ ཕཆ ཕད ညန
နလယ မနတည ნაშუადღ ნაშუადღევი ნაშუადღევს საღ საღამო საღამოს შუადღ შუადღე შუადღეს ሓቆስርምዕል ማታ ምሴት ምሽት ቀትር
ቃማ በምሽት ከ ከሰዓት ድቀ ፋዱስደምቢ ᐲᒼ ថងតរង នពលរសល នពលលងច រសល លងច ᠦᠬᠣ ᱧᱤᱫᱟᱹ ḍeffiraza ọsán ⵜⴰⴷⴳⴳⵯⴰⵜ 下午 下昼 下晝 中午
午後 夕方 夜晚 昼 晚上 正午 ꁯꋒ ꭲꭶ ꮢ ꮢꭿᏹꭲ ꮢꭿᏹꭲꮧꮲ 오후 저녁 정오 𐐹𐑋 𐑐𐑥 𑄘𑄝𑄎𑄠 𑄝𑄣𑄠 𑄥𑄎𑄚𑄠 𞤩 𞤩𞤰
""",
}

# From a word without spaces and punctuation, in lower case, to ``am``, ``pm`` or ``night``
DAY_PERIODS = {word: half for half, words in _WORDS.items() for word in words.split()}
