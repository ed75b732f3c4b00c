"""Lessons as pages: complete in themselves, harmless whatever a lesson says, and written whole or not at all."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from click.testing import CliRunner

from seqchat.cli.tour import tour
from seqchat.errors import SeqchatError
from seqchat.insight.export import pages
from seqchat.lessons import on_gates, on_rnn
from seqchat.lessons.built_in import LESSONS
from seqchat.lessons.export import folder as folders
from seqchat.lessons.export.drawings import bars, network
from seqchat.lessons.export.folder import export
from seqchat.lessons.lesson import LessonText
from seqchat.lessons.question import ChoiceAnswer, Question, QuestionText
from seqchat.tui import language


class Read(HTMLParser):
    """A page as a browser reads it: elements with their attributes, texts, and the data of explorers."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self.data, self._open = [], [], [], []
        self.hidden = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in ("meta", "option", "br", "rect", "line", "polygon"):
            self._open.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self._open.pop()[0] == tag or tag in ("rect", "line", "polygon")

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        tags = [tag for tag, _ in self._open]
        if "script" in tags and self._open[-1][1].get("class") == "data":
            self.data.append(json.loads(data))
        elif "script" not in tags and "style" not in tags:
            self.texts.append(data)
            if "details" in tags:
                self.hidden.append(data)

    @property
    def text(self):
        return " ".join("".join(self.texts).split())


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """All built-in lessons in both languages, as pages that are read."""
    found = {}
    for code in ("en", "zh"):
        language.use(code)
        folder = tmp_path_factory.mktemp("pages") / code
        export(folder, LESSONS, language=code, say=language.say)
        found[code] = {path.name: path.read_text("utf-8") for path in sorted(folder.iterdir())}
    language.use("en")
    return found


@pytest.mark.parametrize("code", ["en", "zh"])
def test_every_lesson_is_a_page_with_all_that_it_says(written, code):
    names = list(written[code])
    assert len(names) == len(LESSONS) + 1
    for name, lesson in zip(names, LESSONS, strict=False):
        page, said = Read(written[code][name]), lesson.said(code)
        for text in (said.title, said.text, said.task):
            assert " ".join(text.split()) in page.text
        for question in lesson.questions:
            asked = question.said(code)
            assert asked.asked in page.text
            assert any(question.answer.shown(asked.options) in text for text in page.hidden)
            assert all(option in page.text for option in asked.options)
        assert (lesson.translation in page.text) == (code == "en")
        views = {"gates": len(lesson.needs), "gap": 1}.get(lesson.view, 0)
        assert len(page.data) == views
    contents = Read(written[code]["index.html"])
    assert [a["href"] for tag, a in contents.elements if tag == "a"] == names[:-1]


@pytest.mark.parametrize("code", ["en", "zh"])
def test_a_page_needs_nothing_from_elsewhere(written, code):
    for text in written[code].values():
        assert not re.search(r"https?:|url\(|@import|fetch\(|XMLHttpRequest|innerHTML|eval\(", text)
        page = Read(text)
        assert not [a for _, attributes in page.elements for a in attributes if a in ("src", "srcset", "style")]
        assert not [a for _, attributes in page.elements for a in attributes if a.startswith("on")]
        links = [a["href"] for tag, a in page.elements if tag == "a"]
        assert set(links) <= written[code].keys()
        (policy,) = [a["content"] for tag, a in page.elements if tag == "meta" and "http-equiv" in a]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_a_page_begins_at_the_word_and_the_neuron_of_its_lesson(written):
    name = next(name for name in written["en"] if "forget" in name)
    (data,) = Read(written["en"][name]).data
    assert data["words"][data["word"]] == "；"
    assert data["neuron"] == 35
    assert data["maps"][data["chosen"]]["gate"] == "forget"
    assert [one["gate"] for one in data["maps"]] == ["forget", "cell"]
    assert data["steps"] is not None
    stacked = next(name for name in written["zh"] if "stacked" in name)
    (data,) = Read(written["zh"][stacked]).data
    chosen = data["maps"][data["chosen"]]
    assert (chosen["layer"], chosen["gate"], chosen["title"]) == ("2", "cell", "记忆单元 c")


def test_what_scripts_say_is_translated(written):
    scripts = "".join((folders.Path(pages.__file__).parent / name).read_text() for name in ("page.js", "steps.js"))
    said = set(re.findall(r'say\("(.+?)"', scripts))
    assert said == set(pages.SCRIPT_TEXTS)
    body = next(a for tag, a in Read(written["zh"]["index.html"]).elements if tag == "body")
    assert json.loads(body["data-said"]).keys() == said


HOSTILE = "<script>alert(1)</script>&{title}\"'"


def test_texts_of_a_lesson_are_only_texts(tmp_path):
    text = LessonText(HOSTILE, HOSTILE, HOSTILE)
    asked = QuestionText(HOSTILE, HOSTILE, (HOSTILE, f"{HOSTILE}2"))
    lesson = replace(
        on_rnn.LAYERS,
        english=text,
        example=HOSTILE,
        translation=HOSTILE,
        more=HOSTILE,
        questions=(Question(asked, asked, ChoiceAnswer(0)),),
    )
    export(tmp_path / "pages", [lesson, lesson])
    for path in (tmp_path / "pages").iterdir():
        page = Read(path.read_text("utf-8"))
        assert page.text.count(HOSTILE) >= 2
        assert [tag for tag, a in page.elements if tag == "script" and not a.get("class")] == ["script"]


def test_drawings_show_every_state_and_effect():
    drawn = network("both", ["a", "<b>"], 2, "h")
    assert drawn.count('class="state"') == 8
    assert "&lt;b&gt;" in drawn
    assert network("layers", ["a"], 9, "c, h").count('class="state"') == 3
    heights = re.findall(r'class="bar".*?height="([\d.]+)"', bars(["a", "b", "c"], [1.0, 0.1, 0.0001]))
    assert [float(value) for value in heights] == [140, 70, 0]


# --- the command


def test_the_command_writes_a_new_folder(tmp_path, monkeypatch):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "a.toml").write_text('title = "Mine"\ntext = "x"\nexample = "你好"\nmodels = ["lesson-gru"]\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("seqchat.lessons.built_in.LESSONS", LESSONS[:1])
    done = CliRunner().invoke(tour, ["--export", "pages", "--lessons", "own", "--lang", "zh"])
    language.use("en")
    assert done.exit_code == 0, done.output
    assert "pages is written, 2 lessons; open pages/index.html." in done.stderr
    names = sorted(path.name for path in (tmp_path / "pages").iterdir())
    assert names == ["01-why-order-matters.html", "02-mine.html", "index.html"]
    assert "为什么要看顺序" in (tmp_path / "pages" / names[0]).read_text("utf-8")


@pytest.mark.parametrize("there", ["file", "folder", "link"])
def test_what_is_there_is_not_written_over(there, tmp_path):
    path = tmp_path / "pages"
    {"file": path.touch, "folder": path.mkdir, "link": lambda: path.symlink_to("nowhere")}[there]()
    done = CliRunner().invoke(tour, ["--export", str(path)])
    assert isinstance(done.exception, SeqchatError)
    assert str(done.exception) == f"{path} already exists; choose another --export."
    assert [p.name for p in tmp_path.iterdir()] == ["pages"]


def test_where_nothing_can_be_written_is_said(tmp_path):
    done = CliRunner().invoke(tour, ["--export", str(tmp_path / "nowhere" / "pages")])
    assert str(done.exception).endswith(f"cannot be written (there is no folder {tmp_path / 'nowhere'}).")


def test_a_folder_appears_whole_or_not_at_all(tmp_path, monkeypatch):
    def broken(*_, **__):
        raise SeqchatError("stopped")

    monkeypatch.setattr(folders, "contents_page", broken)
    with pytest.raises(SeqchatError, match="stopped"):
        export(tmp_path / "pages", [on_gates.MEMORY])
    assert list(tmp_path.iterdir()) == []


def test_a_missing_model_is_said_before_anything_is_written(tmp_path, monkeypatch):
    for name in ("local_checkpoints", "user_checkpoints", "shipped_checkpoints"):
        monkeypatch.setattr(f"seqchat.locations.{name}", lambda: tmp_path / "none")
    with pytest.raises(SeqchatError, match=r"Lesson 1 needs LSTM; the model lesson-lstm is not installed\."):
        export(tmp_path / "pages", [on_gates.MEMORY])
    assert list(tmp_path.iterdir()) == []
