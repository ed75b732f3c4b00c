"""Zoom: the chat of a meeting, with the words behind the head or below it."""

import re
from dataclasses import replace

from seqchat.corpus.formats.base import SYSTEM
from seqchat.corpus.formats.lines import LineFormat
from seqchat.corpus.formats.notes import PLAIN, Notes

# What Zoom writes of reactions, and the message that is answered, above the answer
_ECHOES = re.compile(r'(?:Reacted to|Replying to|Removed an? .{1,20} reaction from) ["“].*')

_ZOOM = LineFormat(
    "Zoom",
    (
        re.compile(
            r"(?:(?P<date>\d{4}-\d\d-\d\d) )?(?P<clock>\d\d:\d\d:\d\d)\s+From\s+(?P<sender>\S[^:]{0,99}?)"
            r"(?:\s+[Tt]o\s+[^:]{1,100}?)?\s*:\s?(?P<text>.*)"
        ),
    ),
    notes=Notes(((SYSTEM, _ECHOES), *PLAIN.whole)),
)

FORMATS = (_ZOOM, replace(_ZOOM, block=True))
