"""Write seqchat/corpus/formats/day_periods.py from the Unicode Common Locale Data Repository, through Babel."""

from pathlib import Path

from babel import Locale, localedata

HALVES = {"am": "am", "midnight": "am", "morning1": "am", "morning2": "am"}
HALVES |= {"pm": "pm", "noon": "pm", "afternoon1": "pm", "afternoon2": "pm", "evening1": "pm", "evening2": "pm"}
HALVES |= {"night1": "night", "night2": "night"}
# Written by messengers, though no locale has them
MORE = {"nachm": "pm", "vorm": "am", "قم": "am", "بم": "pm", "昼": "pm"}


def periods() -> dict[str, str]:
    found: dict[str, str] = dict(MORE)
    certain = set(MORE)
    for identifier in localedata.locale_identifiers():
        for widths in Locale.parse(identifier).day_periods.values():
            for names in widths.values():
                for period, name in names.items():
                    letters = "".join(c for c in name.lower() if c.isalnum() or c == "_")
                    if period in HALVES and len(letters) > (period not in ("am", "pm")):
                        if period in ("am", "pm"):
                            found[letters] = HALVES[period]
                            certain.add(letters)
                        elif letters not in certain:
                            found.setdefault(letters, HALVES[period])
    return {letters: half for letters, half in found.items() if letters and not letters.isdigit()}


def lines(words: list[str]) -> str:
    written, line = [], ""
    for word in words:
        if len(line) + len(word) > 100:
            written.append(line)
            line = ""
        line += f" {word}" if line else word
    return "\n".join([*written, line])


if __name__ == "__main__":
    halves: dict[str, list[str]] = {}
    for letters, half in sorted(periods().items()):
        halves.setdefault(half, []).append(letters)
    blocks = "".join(f'    "{half}": """\n{lines(words)}\n""",\n' for half, words in sorted(halves.items()))
    text = f'''"""Words for the halves of a day, in the languages of Unicode's CLDR.

Written by tests/corpus/make_day_periods.py.
"""

_WORDS = {{
{blocks}}}

# From a word without spaces and punctuation, in lower case, to ``am``, ``pm`` or ``night``
DAY_PERIODS = {{word: half for half, words in _WORDS.items() for word in words.split()}}
'''
    target = Path(__file__).parents[2] / "seqchat" / "corpus" / "formats" / "day_periods.py"
    target.write_text(text, "utf-8")
