"""The interface in two languages."""

import ast
import string
from pathlib import Path

import pytest

from seqchat.insight import gradient_report, step_report
from seqchat.insight.export import pages
from seqchat.insight.neurons import properties
from seqchat.lessons import choice, question, shape_lines
from seqchat.lessons.export import page as lesson_page
from seqchat.training import presets
from seqchat.tui import chinese, commands, keys, language, pattern_drawing, settings
from seqchat.tui.chinese import CHINESE
from seqchat.tui.controllers import composition
from seqchat.tui.panel import chosen
from seqchat.tui.screens import (
    dialog,
    formula,
    gradients,
    help,
    intervention,
    models,
    neuron_numbers,
    sessions,
    train,
    workspace,
)
from seqchat.tui.screens import settings as form
from seqchat.tui.watching import charts, summary

TUI = Path(settings.__file__).parent


def said():
    """Every text that is said: the literal arguments of `say`, and the tables that it is called with."""
    for path in TUI.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say" and node.args:
                yield from (n.value for n in ast.walk(node.args[0]) if isinstance(n, ast.Constant))
    for entries in keys.KEYS.values():
        for key in entries:
            yield key.text
            if key.footer:
                yield key.footer
    yield from keys.SCOPES.values()
    for declaration in settings.DECLARATIONS.values():
        yield from (declaration.help, declaration.requirement.text)
    yield from filter(None, models._COLUMNS)
    yield from form._CHOICES.values()
    for pair in commands._SWITCHES.values():
        yield from pair
    yield from workspace._SHADINGS.values()
    yield from (text for _, _, text in composition._WAYS)
    yield from (text for _, text in composition._MARKS.values())
    yield from intervention._RUNS.values()
    yield from intervention._TITLES.values()
    yield from (gradients.GUIDE_1, gradients.GUIDE_2)
    yield from (*choice.TEXTS, *question.TEXTS, *shape_lines.TEXTS, *pages.TEXTS, *lesson_page.TEXTS)
    yield from (*gradient_report.TEXTS, *step_report.TEXTS)
    yield from (*summary._CONDITIONS.values(), *summary._OUTCOMES.values(), *summary._HEADINGS)
    yield from (*train._CHOICES.values(), *charts.TITLES)
    yield from (show.explanation for show in presets.SHOWS.values())
    yield from chosen.TITLES.values()
    yield from pattern_drawing.COLUMNS
    yield from properties.PROPERTIES
    screens = (
        models.Models,
        form.SettingsForm,
        help.Help,
        formula.Formulas,
        sessions.EarlierSessions,
        dialog.Confirm,
        neuron_numbers.NeuronNumbers,
        train.TrainForm,
    )
    yield from (text for screen in screens for text in (screen.TITLE_TEXT, screen.HINT_TEXT))
    yield from form._STATES.values()


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_text_is_there_in_chinese_with_the_same_values():
    texts = {text for text in said() if text}
    assert texts - CHINESE.keys() == set()
    assert CHINESE.keys() - texts == set()
    assert [text for text, translated in CHINESE.items() if fields(text) != fields(translated)] == []


def test_no_text_is_in_two_files():
    assert sum(len(area.TEXTS) for area in chinese._AREAS) == len(CHINESE)


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({"LANGUAGE": "zh:en", "LANG": "en_US.UTF-8"}, "zh"),
    ],
)
def test_the_locale_decides(monkeypatch, variables, code):
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert language.of_locale() == code


async def test_the_app_in_chinese(desk):
    async with desk(language="zh", size=(110, 60)) as d:
        await d.press(*"我们")
        await d.settled()
        for text in ("写作", "候选", "续写", "温度", "遗忘门 f", "神经元", "上屏"):
            assert text in d.screen
        await d.press("alt+h")
        await d.pilot.pause()
        assert "帮助" in d.screen
