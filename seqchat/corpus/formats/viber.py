"""Viber: the day in brackets, then clock, name and words."""

import re

from seqchat.corpus.formats.lines import LineFormat
from seqchat.corpus.formats.notes import VIBER

FORMATS = (
    LineFormat(
        "Viber",
        (
            re.compile(
                r"\[ ?(?P<date>[^\[\]]{6,40}?) ?\] (?P<clock>\d{1,2}:\d{2}(?::\d{2})?(?: ?[AP]M)?) "
                r"(?P<sender>[^:]{1,100}?) ?: (?P<text>.*)"
            ),
        ),
        notes=VIBER,
    ),
)
