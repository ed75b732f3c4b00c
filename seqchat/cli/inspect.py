"""``seqchat inspect``: every gate at every word of a text, and statistics of them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from seqchat.cli.options import json_option, model_option, print_json
from seqchat.cli.out import PICTURES, check_out
from seqchat.errors import SeqchatError
from seqchat.wording import counted

if TYPE_CHECKING:
    from seqchat.completion.engine import Engine
    from seqchat.insight.recording import Block
    from seqchat.insight.view import View

_STDIN = "-"
_RECORDINGS = (".npz", ".json", *PICTURES, ".html")
_STATISTICS = (".json", *PICTURES)
# A line is read as a whole; a longer one is no text.
_MAX_LINE_LENGTH = 1 << 24


@click.command(short_help="See every gate at every word.")
@click.argument("text", required=False)
@click.option("--file", metavar="FILE", help="Read the text from a file; - is standard input.")
@click.option(
    "--data", metavar="DATA", help="Read the dialogs of DATA, as 'train' does; each starts from an empty state."
)
@model_option
@click.option("--layer", "layers", multiple=True, help="Only this layer, counted from 1; may be repeated.")
@click.option("--gate", "gates", multiple=True, help="Only this gate or state, by its name in the app.")
@click.option("--neuron", "neurons", multiple=True, type=int, help="Only this neuron, counted from 0.")
@click.option("--statistics", is_flag=True, help="Saturation, half-life and resets of neurons over the whole text.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Write a file: .npz (of a text of any length), .json, .png, .svg or .html (a page to explore).",
)
@json_option
def inspect(
    text: str | None,
    file: str | None,
    data: str | None,
    model: str,
    layers: tuple[str, ...],
    gates: tuple[str, ...],
    neurons: tuple[int, ...],
    statistics: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Show every gate, candidate, cell and hidden value at every word of TEXT; - is standard input.

    A line of the text is a turn. ▶ is the start of the dialog, which the network reads as well. Without --out, a table
    shows the mean absolute value of each gate and how many neurons are saturated, or with --neuron that neuron's own
    value.

    \b
    seqchat inspect 小帅是一名程序员，他每天都加班
    seqchat inspect 小帅是一名程序员 --gate forget --neuron 17
    seqchat inspect 小帅是一名程序员 --out gates.html
    seqchat inspect --file book.txt --out gates.npz
    seqchat inspect --statistics --data my_chats.jsonl --out saturation.png
    """
    _check_text(text, file, data, statistics)
    _check_output(out, statistics, as_json)
    from seqchat.completion.engine import Engine
    from seqchat.insight.recording import record
    from seqchat.insight.view import select_view

    engine = Engine.load(model)
    view = select_view(engine, layers, gates, neurons)
    blocks = record(engine, view, _ids(engine, text, file, data))
    if statistics:
        _summarise(engine, view, blocks, out, as_json)
    elif out is not None or as_json:
        _write(view, blocks, out, as_json)
    else:
        _print(view, blocks, single=bool(neurons))


def _check_text(text: str | None, file: str | None, data: str | None, statistics: bool) -> None:
    given = sum(source is not None for source in (text, file, data))
    if given > 1:
        raise click.UsageError("TEXT, --file and --data each give a text; choose one of them.")
    if not given and not statistics:
        raise click.UsageError("There is no text. Give TEXT, --file or --data.")


def _check_output(out: Path | None, statistics: bool, as_json: bool) -> None:
    check_out(out, _STATISTICS if statistics else _RECORDINGS)
    if as_json and out is not None and out.suffix.lower() == ".npz":
        raise click.UsageError(
            "--json prints all values, and .npz is for texts with too many values to print; leave one of them out."
        )


# --- text in -----------------------------------------------------------------------------------------------------


def _ids(engine: Engine, text: str | None, file: str | None, data: str | None) -> Iterator[int]:
    """Return the word ids of the given text, or of the built-in sample if there is none."""
    from seqchat.insight.word_ids import dialog_ids, text_ids

    if file is not None or text == _STDIN:
        return text_ids(engine.vocabulary, _lines(file or _STDIN))
    if text is not None:
        return text_ids(engine.vocabulary, [text])

    from seqchat.corpus.sources import SAMPLE, read_dialogs

    return dialog_ids(engine.vocabulary, read_dialogs([data or SAMPLE]))


def _lines(file: str) -> Iterator[str]:
    """Yield the lines of a file with their line breaks, holding one at a time."""

    try:
        with _opened(file) as source:
            for number, line in enumerate(iter(lambda: source.readline(_MAX_LINE_LENGTH), b""), 1):
                if len(line) == _MAX_LINE_LENGTH and not line.endswith(b"\n"):
                    limit = f"{_MAX_LINE_LENGTH >> 20} MB"
                    raise SeqchatError(f"Line {number:,} of the text is longer than {limit}; break it into lines.")
                yield line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SeqchatError(
            f"Line {number:,} of the text is not in UTF-8; convert it, an older Chinese file with "
            "'iconv -f GB18030 -t UTF-8'."
        ) from error
    except OSError as error:
        raise SeqchatError(f"{file} cannot be read ({error.strerror or error}).") from error


def _opened(file: str) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if file == _STDIN else Path(file).open("rb")


@contextmanager
def _with_progress(blocks: Iterable[Block]) -> Iterator[Iterator[Block]]:
    """Yield the blocks to read; if standard error is a terminal, show there how many words were read so far."""
    from rich.console import Console

    with Console(stderr=True, highlight=False).status("Reading") as status:

        def counting() -> Iterator[Block]:
            words = 0
            for block in blocks:
                words += len(block.words)
                status.update(counted(words, "word"))
                yield block

        yield counting()


# --- results out -------------------------------------------------------------------------------------------------


def _write(view: View, blocks: Iterable[Block], out: Path | None, as_json: bool) -> None:
    from seqchat.insight.export import arrays, documents, pages, pictures
    from seqchat.insight.recording import join_blocks

    kind = ".json" if out is None else out.suffix.lower()
    if kind == ".npz":
        assert out is not None
        with _with_progress(blocks) as counted_blocks:
            words = arrays.write_npz(out, view, counted_blocks)
        click.echo(f"{out} is written, {counted(words, 'word')}.", err=True)
        return
    max_words = {
        ".json": documents.MAX_VALUES // view.values_per_word,
        ".html": pages.MAX_VALUES // view.values_per_word,
    }.get(kind, pictures.MAX_WORDS)
    names = {".json": "JSON", ".html": "a page"}
    with _with_progress(blocks) as counted_blocks:
        block = join_blocks(counted_blocks, max_words, names.get(kind, "a picture"))
    if as_json:
        print_json(documents.recording_document(view, block))
    if out is None:
        return
    _write_file(out, _content(view, block, kind))
    if kind in PICTURES and pictures.missing_font(block.words):
        click.echo("No font with Chinese characters is installed, so they are drawn as boxes.", err=True)


def _content(view: View, block: Block, kind: str) -> bytes | str:
    import json

    from seqchat.insight.export import documents, pages, pictures

    if kind == ".json":
        return json.dumps(documents.recording_document(view, block), ensure_ascii=False) + "\n"
    if kind == ".html":
        return pages.page(view, block)
    return pictures.heat_maps(view, block, kind.removeprefix("."))


def _summarise(engine: Engine, view: View, blocks: Iterable[Block], out: Path | None, as_json: bool) -> None:
    import json

    from seqchat.cli.inspect_tables import statistics_text
    from seqchat.insight.export import documents, pictures
    from seqchat.insight.statistics import Statistics

    statistics = Statistics(engine, view)
    with _with_progress(blocks) as counted_blocks:
        for block in counted_blocks:
            statistics.add(block)
    summary = statistics.summary()
    if as_json:
        print_json(documents.statistics_document(summary))
    else:
        click.echo(statistics_text(summary))
    if out is None:
        return
    kind = out.suffix.lower()
    if kind == ".json":
        _write_file(out, json.dumps(documents.statistics_document(summary)) + "\n")
    else:
        _write_file(out, pictures.saturation_plots(summary, kind.removeprefix(".")))


def _write_file(out: Path, content: bytes | str) -> None:
    from seqchat.files import write_file

    write_file(out, content)
    click.echo(f"{out} is written.", err=True)


def _print(view: View, blocks: Iterable[Block], *, single: bool) -> None:
    from seqchat.cli.inspect_tables import GateTable

    table = GateTable(view, single=single)
    for number, block in enumerate(blocks):
        for line in [*([] if number else table.head()), *table.rows(block)]:
            click.echo(line)
    click.echo(f"\n{table.foot()}")
