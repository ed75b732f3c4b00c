"""IRC: the logs of irssi, WeeChat, ZNC, HexChat and mIRC."""

import re

from seqchat.corpus.formats.lines import LineFormat

_NICK = r"[ @+%&~!]?(?P<sender>[^\s<>]{1,40})"
_CLOCK = r"(?P<clock>\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:\s?[AP]M)?)"
_DATE = r"(?:(?P<date>\d{4}[-/]\d\d[-/]\d\d|[A-Z][a-z]{2} \d{1,2})[T ])?"
_WHEN = rf"\[?{_DATE}{_CLOCK}(?:Z|[+-]\d\d:?\d\d)?\]?"

FORMATS = (
    LineFormat(
        "IRC",
        (
            re.compile(rf"{_WHEN}\s+<{_NICK}>\s?(?P<text>.*)"),
            re.compile(rf"{_WHEN}\s+(?P<own>(?:-!-|•|\*\*\*|\*|-->|<--|--|==|<->|=-=|-[^\s-]+-)\s.*)"),
        ),
        day=re.compile(
            r"(?:--- (?:Day changed|Log opened)|\*\*\*\* (?:BEGIN|ENDING) LOGGING AT) (?P<date>.*)|"
            r"Session (?:Start|Time): (?P<date_last>.*)"
        ),
        heading=re.compile(r"--- Log (?:opened|closed) .*|\*\*\*\* .*|Session (?:Start|Ident|Close).*"),
    ),
    LineFormat(
        "IRC",
        (
            re.compile(rf"{_WHEN}\t(?P<own>(?:-->|<--|--| ?\*|=!=|-!-)?\t.*)"),
            re.compile(rf"{_WHEN}\t[ @+%&~]?(?P<sender>[^\s\t<>*]{{1,40}})\t(?P<text>.*)"),
        ),
    ),
    LineFormat(
        "IRC",
        (re.compile(rf"<{_NICK}>\s(?P<text>.*)"), re.compile(r"(?P<own>(?:\*|\*\*\*|-!-)\s\S.*)")),
        strict=True,
    ),
)
