"""WhatsApp's text as every locale of Babel writes it, and a fuzz that accounts for every line."""

from datetime import datetime
from random import Random

import pytest

from seqchat.corpus.source_report import SourceReport
from seqchat.corpus.sources import read_dialogs

SAID = [("Nora", "are you there?"), ("Theo", "yes: and you?"), ("Nora", "here"), ("Theo", "good morning")]
TIMES = [
    datetime(2024, 3, 29, 13, 23, 5),
    datetime(2024, 3, 29, 13, 24, 16),
    datetime(2024, 3, 29, 23, 59, 1),
    datetime(2024, 3, 30, 10, 23, 5),
]
HEADS = {"Android": "{when} - {name}: {text}", "iOS": "[{when}] {name}: {text}"}


@pytest.mark.slow
@pytest.mark.parametrize("phone", HEADS)
def test_every_locale_is_read(phone, tmp_path):
    dates = pytest.importorskip("babel.dates")
    from babel import localedata

    wrong = {}
    for locale in localedata.locale_identifiers():
        width = "short" if phone == "Android" else "medium"
        pattern = dates.get_datetime_format("short", locale=locale)
        lines = []
        for when, (name, text) in zip(TIMES, SAID, strict=True):
            day = dates.format_date(when, "short", locale=locale)
            clock = dates.format_time(when, width, locale=locale)
            written = pattern.replace("'", "").replace("{1}", day).replace("{0}", clock)
            lines.append(HEADS[phone].format(when=written, name=name, text=text))
        path = tmp_path / "chat.txt"
        path.write_text("\n".join(lines), "utf-8")
        turns = [turn for dialog in read_dialogs([str(path)]) for turn in dialog.turns]
        if turns != [text for _, text in SAID]:
            wrong[locale] = lines[0]
    assert not wrong


def test_every_line_is_a_turn_or_counted(tmp_path):
    rng = Random(0)
    path = tmp_path / "chat.txt"
    own = ["Nora created group", "Theo: <Media omitted>", "Nora: This message was deleted", "Theo left"]
    for _ in range(150):
        lines = []
        for minute in range(rng.randint(3, 40)):
            said = rng.choice([*own, *(f"{name}: {text}" for name, text in SAID)])
            lines.append(f"29/03/2024, 13:{minute:02} - {said}")
        for _ in range(rng.randint(0, len(lines) // 3)):
            at = rng.randrange(len(lines) + 1)
            lines.insert(at, rng.choice(["more", "", "[12] what", "12:30", "- eggs", "a: b", "<b>"]))
        path.write_text("\n".join(lines), "utf-8")
        report = SourceReport()
        try:
            dialogs = list(read_dialogs([str(path)], report=report))
        except Exception:
            dialogs = []
        said_lines = sum(bool(line) for d in dialogs for turn in d.turns for line in turn.split("\n"))
        left_out = report.files[0].counts.left_out
        if report.files[0].format == "WhatsApp":
            assert said_lines + left_out.total() == sum(bool(line.strip()) for line in lines)
