"""Settings: a table, a TOML file, a form."""

from pathlib import Path

import pytest

from seqchat import locations
from seqchat.errors import SeqchatError
from seqchat.tui import language, settings
from seqchat.tui.key_changes import keymap, with_changes
from seqchat.tui.settings import DECLARATIONS, Settings


def test_without_a_file_all_is_as_it_comes(tmp_path):
    assert settings.load(tmp_path / "config.toml") == (Settings(), [])


def test_what_is_set_is_read(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text('theme = "nord"\npinyin = false\ntop_p = 0.5\ntemperature = 1\n[keys.bar]\ntake = "enter"\n')
    found, problems = settings.load(path)
    assert problems == []
    assert (found.theme, found.pinyin, found.top_p, found.temperature) == ("nord", False, 0.5, 1)
    assert found.keys == {"bar.take": "enter"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('them = "x"', "there is no setting 'them'. Did you mean 'theme'?"),
        ("pinyin = 1", "pinyin must be true or false, not 1."),
        ("temperature = 9", "temperature must be a number from 0 to 2, not 9."),
        ("temperature = true", "temperature must be a number from 0 to 2, not True."),
        ("ghost_words = 1.5", "ghost_words must be a whole number from 0 to 10, not 1.5."),
        ('space = "sometimes"', "space must be one of types, completes, commits, not 'sometimes'."),
        ("theme = 3", "theme must be a text that is not empty, not 3."),
        ("keys = 3", "keys is a table, such as [keys.bar]."),
        ("[keys]\nbar = 3", "keys.bar is not a key."),
        ("[keys.bar]\ntake = 3", "keys.bar.take is not a key."),
        ("theme = ", "cannot be read"),
        ("\xff", "cannot be read"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence_and_the_rest_is_used(tmp_path, text, said):
    path = tmp_path / "config.toml"
    path.write_bytes(b"top_p = 0.5\n" + text.encode("latin-1"))
    found, problems = settings.load(path)
    assert said in problems[0]
    assert len(problems) == 1
    assert found.top_p == (0.95 if "cannot be read" in said else 0.5)


def test_saving_one_setting_leaves_the_rest_of_the_file_as_it_is(tmp_path):
    path = tmp_path / "folder" / "config.toml"
    settings.save(path, "theme", "nord")
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text(f'# mine\nunknown = 1  # kept\n{path.read_text()}\n[keys.bar]\ntake = "enter"\n')
    settings.save(path, "pinyin", False)
    text = path.read_text()
    assert "# mine" in text
    assert "# kept" in text
    found, _ = settings.load(path)
    assert (found.theme, found.pinyin, found.keys) == ("nord", False, {"bar.take": "enter"})
    settings.save(path, "theme", Settings().theme)
    assert "theme" not in path.read_text()


def test_a_file_that_cannot_be_read_is_never_written_over(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text("theme = ")
    with pytest.raises(SeqchatError, match="was not saved"):
        settings.save(path, "theme", "nord")
    assert path.read_text() == "theme = "


def test_every_setting_has_a_row_and_its_default_is_allowed():
    assert DECLARATIONS.keys() == Settings.__dataclass_fields__.keys() - {"keys"}
    assert all(settings.problem(name, declared.default) is None for name, declared in DECLARATIONS.items())


async def test_the_form_changes_what_it_shows_at_once_and_keeps_it(desk):
    from textual.widgets import Input, Select, Switch

    async with desk(size=(100, 40)) as d:
        await d.press(*"我们")
        await d.settled()
        await d.press("alt+i")
        await d.until(lambda: "Top-p of continuations" in d.screen)
        form = d.app.screen
        form.query_one("#continuations", Switch).value = False
        form.query_one("#temperature", Input).value = "0.3"
        form.query_one("#ghost_words", Input).value = "99"
        form.query_one("#heat_map", Select).value = "bars"
        await d.pilot.pause()
        await d.press("escape")
        await d.pilot.pause()
        assert d.app.settings.current.temperature == 0.3
        assert d.app.settings.current.ghost_words == 4, "99 is too many"
        assert d.panel.bars
        kept, problems = settings.load(locations.settings())
        assert problems == []
        assert (kept.continuations, kept.temperature, kept.heat_map) == (False, 0.3, "bars")


async def test_an_unknown_theme_is_said(desk):
    async with desk(theme="nothing") as d:
        await d.until(lambda: any("no theme 'nothing'" in said for said in d.notices))
        assert d.app.theme == Settings().theme


def row(declaration):
    """Return the row of a table in the documents, in the language in use."""
    values = ", ".join(f"`{choice}`" for choice in declaration.choices)
    if declaration.range is not None:
        values = f"{declaration.range.low:g} – {declaration.range.high:g}"
    if declaration.kind is bool:
        values = "`true`, `false`"
    default = str(declaration.default).lower() if declaration.kind is bool else declaration.default
    return f"| `{declaration.name}` | {language.say(declaration.help)} | {values} | `{default}` |"


@pytest.mark.parametrize(("page", "code"), [("app.md", "en"), ("app.zh.md", "zh")])
def test_the_documents_list_every_setting(page, code, monkeypatch):
    monkeypatch.setattr(language, "_code", code)
    text = (Path(__file__).parents[2] / "docs" / page).read_text("utf-8")
    missing = [row(declaration) for declaration in DECLARATIONS.values() if row(declaration) not in text]
    assert not missing, "\n".join(missing)


def test_values_and_keys_of_earlier_versions_still_work(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text('space = "takes"\n[keys.app]\npick_1 = "ctrl+g"\n')
    found, problems = settings.load(path)
    assert (problems, found.space) == ([], "commits")
    table, problems = with_changes(found.keys)
    assert problems == []
    assert keymap(table) == {"app.commit_1": "ctrl+g"}
