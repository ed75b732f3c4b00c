"""``seqchat inspect``: every gate at every word of a text, and statistics of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqchat.cli.inspect_step import check_step, show_step
from seqchat.cli.inspect_text import word_ids
from seqchat.cli.inspect_torch import write_torch_code
from seqchat.cli.options import json_option, model_option, print_json
from seqchat.cli.out import PICTURES, check_out
from seqchat.wording import counted

if TYPE_CHECKING:
    from seqchat.completion.engine import Engine
    from seqchat.insight.recording import Block
    from seqchat.insight.view import View

_RECORDINGS = (".npz", ".json", *PICTURES, ".html")
_STATISTICS = (".json", *PICTURES)
_ARROWS = {"forward": "→", "backward": "←"}


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
@click.option("--direction", type=click.Choice(list(_ARROWS)), help="Only layers that read in this direction.")
@click.option(
    "--step", type=click.IntRange(min=0), help="Open this word, counted from 0 (▶): where each value is from."
)
@click.option("--as-torch", is_flag=True, help="Write the model as a script of torch.nn that reads the text.")
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
    direction: str | None,
    step: int | None,
    as_torch: bool,
    statistics: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Show every gate, candidate, cell and hidden value at every word of TEXT; - is standard input.

    A line of the text is a turn. ▶ is the start of the dialog, which the network reads as well. Without --out, a table
    shows the mean absolute value of each gate and how many neurons are saturated, or with --neuron that neuron's own
    value. A model of the objective window reads its last words again at each word: shown is the window that ends with
    the text, all of its words in each direction; ∅ is no word.

    --step opens one neuron at one word: each gate's formula with its numbers, and what contributed most to them.

    \b
    seqchat inspect 小帅是一名程序员，他每天都加班
    seqchat inspect 小帅是一名程序员 --step 4 --neuron 17
    seqchat inspect 小帅是一名程序员 --out gates.html
    seqchat inspect 小帅是一名程序员 --as-torch --out lstm.py
    seqchat inspect --file book.txt --out gates.npz
    seqchat inspect --statistics --data my_chats.jsonl --out saturation.png
    """
    _check_text(text, file, data, statistics or as_torch)
    check_step(step, neurons, data, statistics)
    _check_output(out, _kinds(step is not None, as_torch, statistics), as_json)
    from seqchat.completion.engine import Engine
    from seqchat.insight.view import select_view

    if as_torch:
        write_torch_code(model, text, file, data, out)
        return
    engine = Engine.load(model)
    view = select_view(engine, layers, gates, neurons, _ARROWS.get(direction or ""))
    ids = word_ids(engine, text, file, data)
    if step is not None:
        show_step(engine, view, ids, step, layers, out, as_json)
        return
    blocks = _blocks(engine, view, ids, every_word=statistics or (out is not None and out.suffix.lower() == ".npz"))
    if statistics:
        _summarise(engine, view, blocks, out, as_json)
    elif out is not None or as_json:
        _write(engine, view, blocks, out, as_json)
    else:
        _print(view, blocks, single=bool(neurons))


def _blocks(engine: Engine, view: View, ids: Iterator[int], *, every_word: bool) -> Iterable[Block]:
    """Read words; of a model that reads windows, show the last window, or the last word of every window."""
    from seqchat.insight.recording import record, record_window

    if engine.config.objective == "window" and not every_word:
        return [record_window(engine, view, ids)]
    return record(engine, view, ids)


def _check_text(text: str | None, file: str | None, data: str | None, statistics: bool) -> None:
    given = sum(source is not None for source in (text, file, data))
    if given > 1:
        raise click.UsageError("TEXT, --file and --data each give a text; choose one of them.")
    if not given and not statistics:
        raise click.UsageError("There is no text. Give TEXT, --file or --data.")


def _kinds(step: bool, as_torch: bool, statistics: bool) -> tuple[str, ...]:
    """Return the endings of the files that can be written."""
    chosen = [kinds for asked, kinds in ((step, (".json",)), (as_torch, (".py",)), (statistics, _STATISTICS)) if asked]
    if len(chosen) > 1:
        raise click.UsageError("--step, --as-torch and --statistics show different things; choose one of them.")
    return chosen[0] if chosen else _RECORDINGS


def _check_output(out: Path | None, kinds: tuple[str, ...], as_json: bool) -> None:
    check_out(out, kinds)
    if as_json and kinds == (".py",):
        raise click.UsageError("--as-torch writes code; leave --json out.")
    if as_json and out is not None and out.suffix.lower() == ".npz":
        raise click.UsageError(
            "--json prints all values, and .npz is for texts with too many values to print; leave one of them out."
        )


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


def _write(engine: Engine, view: View, blocks: Iterable[Block], out: Path | None, as_json: bool) -> None:
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
    _write_file(out, _content(engine, view, block, kind))
    if kind in PICTURES and pictures.missing_font(block.words):
        click.echo("No font with Chinese characters is installed, so they are drawn as boxes.", err=True)


def _content(engine: Engine, view: View, block: Block, kind: str) -> bytes | str:
    import json

    from seqchat.insight.export import documents, pages, pictures
    from seqchat.insight.export.page_steps import step_data
    from seqchat.insight.neurons.overview import overview
    from seqchat.insight.recording import observe_ids

    if kind == ".json":
        return json.dumps(documents.recording_document(view, block), ensure_ascii=False) + "\n"
    overviews = overview(engine)
    if kind == ".html":
        trace = observe_ids(engine, block.ids, len(block.ids))
        return pages.page(view, block, overviews, step_data(engine, view, trace))
    return pictures.heat_maps(view, block, kind.removeprefix("."), overviews)


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
