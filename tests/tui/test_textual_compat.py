"""What is used of Textual beyond its public interface lies in one module, and exists in the version under test."""

import inspect

import pytest
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.screen import Screen


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


def test_the_parser_of_terminals_is_fed_with_text():
    assert list(inspect.signature(XTermParser.feed).parameters) == ["self", "data"]
