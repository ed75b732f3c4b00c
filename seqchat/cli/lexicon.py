"""``seqchat lexicon``: lists of words → the file of a lexicon."""

from __future__ import annotations

from pathlib import Path

import click

from seqchat.cli.out import check_out
from seqchat.wording import counted


@click.command(short_help="Make a lexicon of lists of words.")
@click.argument("lists", nargs=-1, required=True, metavar="LIST...")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="File to write, *.safetensors.")
@click.option("--chinese", default=300_000, show_default=True, type=click.IntRange(min=0), help="Most Chinese words.")
@click.option("--english", default=80_000, show_default=True, type=click.IntRange(min=0), help="Most other words.")
def lexicon(lists: tuple[str, ...], out: Path, chinese: int, english: int) -> None:
    """Make a lexicon, words that any model can offer although its network does not know them, of each LIST.

    A list is a file with a word a line, and how often it occurs after a space or tab; 'jieba' is the dictionary that is
    installed with it. Chinese words have up to eight characters, others Latin letters and apostrophes. A word's
    frequency is the mean of those in the lists, each brought to the scale of the first one, which also decides which
    Chinese characters there are.

    \b
    seqchat lexicon wordfreq-zh.tsv wordfreq-en.tsv jieba food.txt --out lexicon.safetensors
    """
    check_out(out, (".safetensors",), ())
    from seqchat.cli.progress import TrainingProgress
    from seqchat.corpus.lexicon_building import build, merged, read_list
    from seqchat.files import write_file

    with TrainingProgress() as progress:
        words = merged([read_list(name, progress) for name in lists], han=chinese, others=english)
        content = build(words, progress)
    write_file(out, content)
    click.echo(
        f"{out}: {counted(len(words.han), 'Chinese word')} and {counted(len(words.others), 'other word')}, "
        f"{len(content) / 1e6:.1f} MB"
    )
