"""WhatsApp: the header of a message as every phone writes it, and notes in the languages of the phones."""

import re

from seqchat.corpus.formats.lines import LineFormat
from seqchat.corpus.formats.notes import WHATSAPP
from seqchat.corpus.formats.times import CLOCK, DATE

_GAP = r"[^\d\[\]:]{1,24}?"
_HALF = r"[^\d\[\]:]{0,22}?"
WHEN = (
    rf"(?:(?:[^\W\d]{{2,12}}\.?,?\s)?(?P<date>{DATE})(?P<clock>{_GAP}{CLOCK}{_HALF})"
    rf"|(?P<clock_first>[^\d\[\]:]{{0,12}}?{CLOCK}{_HALF}){_GAP}(?P<date_last>{DATE})[^\d\[\]:]{{0,4}}?)"
)
# A quotation mark is in notes such as: Theo changed the subject from "Lake: trip".
_SENDER = r'(?:(?P<sender>[^\s:："“„«][^:："“„«]{0,99}?)(?::|：)(?:\s|$))?(?P<text>.*)'

FORMATS = (
    LineFormat(
        "WhatsApp",
        (
            re.compile(rf"\[{WHEN}\]\s?{_SENDER}"),
            re.compile(rf"{WHEN}\s[-–—]\s{_SENDER}"),
            re.compile(rf"{WHEN}:\s(?P<sender>[^:\d][^:]{{0,99}}?):\s(?P<text>.*)"),
        ),
        notes=WHATSAPP,
    ),
)
