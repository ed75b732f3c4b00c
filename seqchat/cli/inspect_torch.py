"""``seqchat inspect --as-torch``: a model as a script of plain PyTorch."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import click

from seqchat.cli.inspect_text import word_ids

# So many words of the sample are read if there is no text.
_WORDS = 8
# More words are no text to learn from.
_MAX_WORDS = 10_000


def write_torch_code(model: str, text: str | None, file: str | None, data: str | None, out: Path | None) -> None:
    """Print the script, or write it into a file."""
    from seqchat.completion.engine import Engine
    from seqchat.files import write_file
    from seqchat.insight.export.torch_code import torch_code
    from seqchat.model.model_registry import find

    engine = Engine.load(model)
    given = text is not None or file is not None or data is not None
    ids = list(islice(word_ids(engine, text, file, data), _MAX_WORDS if given else _WORDS))
    code = torch_code(engine, find(model), ids)
    if out is None:
        click.echo(code, nl=False)
        return
    write_file(out, code)
    click.echo(f"{out} is written; run it with: python {out}", err=True)
