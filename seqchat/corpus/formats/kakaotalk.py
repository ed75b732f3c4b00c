"""KakaoTalk: for Windows with names in brackets, on phones with the whole time on every line, and as CSV."""

import re

from seqchat.corpus.formats.lines import LineFormat
from seqchat.corpus.formats.notes import KAKAOTALK
from seqchat.corpus.formats.records import RecordFormat
from seqchat.corpus.formats.times import CLOCK, DATE

_WHEN = rf"(?P<date>{DATE}[일日.]?)(?P<clock>[^\d\[\]:]{{1,16}}{CLOCK}(?:\s?[^\d\[\]:,]{{1,8}}?)?)"
_HEADING = re.compile(
    r".*(?:카카오톡 대화|KakaoTalk Chats?.*|카카오톡 대화방|とのカカオトーク.*|님과의? 대화)|"
    r"(?:저장한 날짜|Date Saved|保存日付|保存した日付) ?: .*|Talk_.*\.txt",
    re.IGNORECASE,
)
_WEEKDAY = r"(?:[^\W\d][^\d]{0,20}?)?"

FORMATS = (
    LineFormat(
        "KakaoTalk",
        (re.compile(r"\[(?P<sender>.{1,100}?)\] \[(?P<clock>[^\]\d]{0,16}\d{1,2}:\d{2}[^\]\d]{0,8})\] (?P<text>.*)"),),
        day=re.compile(rf"-{{5,}} (?P<date>{_WEEKDAY}{DATE}[^-]{{0,20}}) -{{5,}}"),
        heading=_HEADING,
        system=re.compile("|".join(p.pattern for reason, p in KAKAOTALK.whole if reason == "system line")),
        notes=KAKAOTALK,
    ),
    LineFormat(
        "KakaoTalk",
        (
            re.compile(rf"{_WHEN}, (?P<sender>[^:]{{1,100}}?) : (?P<text>.*)"),
            re.compile(rf"{_WHEN}(?:,|:) (?P<text>.+)"),
        ),
        day=re.compile(rf"{_WHEN}|{_WEEKDAY}{DATE}[일.]?(?: {_WEEKDAY})?"),
        heading=_HEADING,
        notes=KAKAOTALK,
    ),
)
RECORDS = (RecordFormat("KakaoTalk", time="Date", sender="User", text="Message", notes=KAKAOTALK),)
