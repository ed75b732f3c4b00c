"""The shapes of what torch.nn returns for a text, as lines of code and remarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqchat.wording import Say, plain

if TYPE_CHECKING:
    from seqchat.lessons.study import Study

_INPUT, _OUTPUT = "batch, words, input_size", "batch, words, directions · hidden_size"
_STATES = "layers · directions, batch, hidden_size"
TEXTS = (_INPUT, _OUTPUT, _STATES)


def shape_lines(study: Study, say: Say = plain) -> list[str]:
    """Return what a module of each structure returns for the text of a study with shapes."""
    inputs, hidden = study.sizes
    lines = [f"x          [1, {len(study.tokens)}, {inputs}]   {say(_INPUT)}", ""]
    for found in study.shapes:
        arguments = ", ".join(f"{name}={value}" for name, value in found.arguments.items())
        lines.append(f"nn.{study.cell}({inputs}, {hidden}{', ' if arguments else ''}{arguments}, batch_first=True)")
        states = zip(("h_n", "c_n"), found.states, strict=False)
        returned = "   ".join(f"{name} {list(shape)}" for name, shape in states)
        lines.append(f"           output {list(found.output)}   {returned}")
    return [*lines, "", f"output: {say(_OUTPUT)}", f"h_n, c_n: {say(_STATES)}"]
