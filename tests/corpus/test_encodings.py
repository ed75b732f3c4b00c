import pytest

from seqchat.corpus.encodings import checked_codec, encoding_of
from seqchat.errors import SeqchatError

TEXTS = {
    "gb18030": "明天去湖边吗？去，我带帐篷。水好凉。",
    "big5": "明天去湖邊嗎？去，我帶帳篷。水好涼。",
    "shift_jis": "明日、湖に行く？うん、テント持っていくね。",
    "euc_jp": "おはようございます。今日は何をしますか？",
    "iso2022_jp": "明日、湖に行く？",
    "euc_kr": "내일 호수에 갈래? 응, 텐트 가져갈게",
    "cp1251": "Привет, как дела? Завтра поедем на дачу.",
    "koi8_r": "Привет, как дела? Завтра поедем на дачу.",
    "cp1252": "Très bien, à bientôt ! L’été est passé.",
    "cp1250": "Cześć, jutro jedziemy nad jezioro, będzie świetnie",
    "cp1253": "Γεια σου, έρχεσαι αύριο στη λίμνη;",
    "cp1254": "Merhaba, yarın göle gidiyoruz, çadırı getir",
    "cp1255": "שלום, אתה בא מחר לאגם?",
    "cp1256": "مرحبا، هل ستأتي غدا إلى البحيرة؟",
    "cp874": "พรุ่งนี้ไปทะเลสาบไหม",
    "utf-16": "hello there",
    "utf-16-le": "hello there, you",
    "utf-8": "明天 naïve",
}


@pytest.mark.parametrize("name", TEXTS)
def test_the_encoding_of_a_text_is_found_out(name):
    content = TEXTS[name].encode(name)
    found = encoding_of(content)
    assert found is not None
    assert content.decode(found.name) == TEXTS[name]


def test_what_is_no_text_has_no_encoding():
    assert encoding_of(bytes(range(256)) * 4) is None
    with pytest.raises(SeqchatError, match="no encoding"):
        checked_codec("klingon")
