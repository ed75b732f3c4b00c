"""What `--help` and the documents say of commands is true of them."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from seqchat.cli import cli

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*sorted(ROOT.glob("README*.md")), *sorted((ROOT / "docs").glob("*.md"))]

PAGES = [path for path in DOCUMENTS if not path.name.endswith(".zh.md")]
MAX_README_WORDS = 2_000

_ENDS = {"|", ">", ">>", "<", "&&", "||", ";", "#"}


def commands(command: click.Command = cli, path: tuple[str, ...] = ("seqchat",)) -> Iterator[tuple[str, click.Command]]:
    """Yield every command with the words that call it."""
    yield " ".join(path), command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, (*path, name))


COMMANDS = dict(commands())
LEAVES = {name: command for name, command in COMMANDS.items() if not isinstance(command, click.Group)}


def help_of(name: str) -> str:
    command = COMMANDS[name]
    parent = None
    for word in name.split()[:-1]:
        parent = click.Context(command, parent=parent, info_name=word)
    return command.get_help(click.Context(command, parent=parent, info_name=name.split()[-1], terminal_width=120))


def called(line: str) -> list[str] | None:
    """Return the words of the call of seqchat in a line of shell; None where there is none."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    words = list(lexer)
    if "seqchat" not in words:
        return None
    words = words[words.index("seqchat") :]
    end = next((i for i, word in enumerate(words) if word in _ENDS), len(words))
    return words[:end]


def parse(words: list[str]) -> None:
    """Read a call as the program does, without running it; raises click.UsageError where it is wrong."""
    command: click.Command = cli
    words = words[1:]
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(click.Context(command), words[0])
        if found is None:
            raise click.UsageError(f"There is no command {words[0]}.")
        command, words = found, words[1:]
    if {"--help", "-h", "--version"} & set(words) or isinstance(command, click.Group):
        return
    command.make_context(command.name, list(words))


def examples(name: str) -> list[str]:
    """Return the lines of a command's help that call seqchat."""
    return [
        line for line in map(str.strip, help_of(name).splitlines()) if re.match(r"(.*\| |torchrun .*)?seqchat ", line)
    ]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_begins_with_a_sentence(name):
    sentence = help_of(name).split("\n\n")[1].strip()
    assert sentence[0].isupper()
    assert sentence.endswith(".")


@pytest.mark.parametrize("name", LEAVES)
def test_help_explains_every_argument_and_option(name):
    command = LEAVES[name]
    body = f"{command.help}\n{command.epilog or ''}"
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            metavar = parameter.make_metavar(click.Context(command)).strip("[].")
            assert re.search(rf"\b{metavar}\b", body), metavar
        else:
            assert isinstance(parameter, click.Option)
            assert parameter.help, parameter.opts


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_examples_that_work(name):
    lines = examples(name)
    assert 1 <= len(lines) <= 6
    for line in lines:
        words = called(line)
        assert words is not None
        assert " ".join(words).startswith(name), line
        parse(words)


@pytest.mark.parametrize(
    "line", ["seqchat nothing", "seqchat complete --nothing", "seqchat lab memory --cell cnn", "seqchat plot"]
)
def test_a_wrong_line_is_found(line):
    words = called(line)
    assert words is not None
    with pytest.raises(click.UsageError):
        parse(words)


def calls_in(document: Path) -> list[tuple[str, list[str]]]:
    """Return the lines of shell blocks, and the code in tables, that call seqchat, with the words of each call."""
    text = document.read_text("utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    rows = re.findall(r"^\|.*\|$", text, re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines()]
    lines += [code for row in rows for code in re.findall(r"`(seqchat [^` ]+ [^`]+)`", row)]
    return [(line, words) for line in lines if (words := called(line))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documents_call_the_program_as_it_is(document):
    calls = calls_in(document)
    assert calls
    for line, words in calls:
        try:
            parse(words)
        except click.UsageError as error:
            pytest.fail(f"{document.name}: {line}: {error.format_message()}")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_pages_show_the_same_commands_in_both_languages(page):
    assert [words for _, words in calls_in(page)] == [words for _, words in calls_in(page.with_suffix(".zh.md"))]


def anchors(document: Path) -> set[str]:
    """Return the names by which GitHub links to the headings of a document."""
    headings = re.findall(r"^#+ (.*)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_documents_link_to_is_there(document):
    text = document.read_text("utf-8")
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if "://" not in target:
            name, _, anchor = target.partition("#")
            linked = document.parent / name if name else document
            assert linked.exists(), target
            assert not anchor or anchor in anchors(linked), target


def test_the_readme_is_short_and_names_the_test_command_of_ci():
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(text.split()) <= MAX_README_WORDS
    assert "pip install '.[test]' && pytest" in text
    assert re.search(r"\npip install .*'\.\[test\]'\n(.*\n)*pytest ", (ROOT / ".ci/run").read_text("utf-8"))


def test_the_files_that_contributors_are_sent_to_are_there():
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    named = {name for name in re.findall(r"`((?:[\w.-]+/)+[\w.-]*)`", text) if "NAME" not in name and ".." not in name}
    assert len(named) > 30
    assert [name for name in named if not (ROOT / name).exists() and not (ROOT / "seqchat" / name).exists()] == []
