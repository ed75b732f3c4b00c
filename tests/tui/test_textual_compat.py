"""What is used of Textual beyond its public interface lies in one module, and exists in the version under test."""

import ast
import inspect
import re
from pathlib import Path

import pytest
from rich._wrap import divide_line
from rich.text import Text
from textual import content
from textual.app import App
from textual.color import Color
from textual.css import stylesheet
from textual.screen import Screen

import seqchat.tui
from seqchat.tui import textual_compat
from seqchat.tui.app import SeqchatApp
from seqchat.tui.settings import Settings
from seqchat.tui.textual_compat import XTermParser

PRIVATE_MODULE = re.compile(r"^textual(\..*)?\._")
PACKAGE = Path(seqchat.tui.__file__).parent


@pytest.mark.parametrize("name", ["_shutdown", "_handle_exception", "_print_error_renderables", "_display"])
def test_methods_of_the_app_exist(name):
    assert callable(getattr(App, name))


def test_attributes_of_the_app_and_its_screen_exist():
    app, screen = App(), Screen()
    assert app._exit_renderables == []
    assert app._driver is None
    assert screen._dirty_widgets == set()
    assert callable(screen._on_timer_update)
    assert callable(screen._compositor.render_full_update)


def test_parts_of_a_text_of_rich_exist():
    text = Text("我们")
    assert (text._text, text._length) == (["我们"], 2)


def test_lines_of_content_are_broken_by_one_function():
    assert list(inspect.signature(divide_line).parameters) == ["text", "width", "fold"]
    assert getattr(content, "divide_line", None) is not None


def test_the_parser_of_terminals_is_fed_with_text():
    assert list(inspect.signature(XTermParser.feed).parameters) == ["self", "data"]


def test_no_other_module_imports_from_private_modules():
    for path in PACKAGE.rglob("*.py"):
        if path.name == Path(textual_compat.__file__).name:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert not PRIVATE_MODULE.match(node.module or ""), f"{path.name}: {node.module}"


async def test_rules_are_parsed_once_until_their_values_change(monkeypatch):
    parsed = []
    parse = stylesheet.parse

    def counted(scope, css, *args, **options):
        parsed.append(args[0][0])
        return parse(scope, css, *args, **options)

    monkeypatch.setattr(stylesheet, "parse", counted)
    app = SeqchatApp(chosen=Settings(theme="seqchat-light"), fresh=True)
    async with app.run_test() as pilot:
        await pilot.pause()
        files = [place for place in parsed if place.endswith(".tcss")]
        assert len(files) == len(set(files)) > 10, "a file was parsed twice"
        assert app.workspace.styles.background == Color.parse(app.get_css_variables()["background"])
        light = app.workspace.styles.background
        app.theme = "seqchat-dark"
        await pilot.pause()
        assert app.workspace.styles.background == Color.parse(app.get_css_variables()["background"]) != light
