"""A place that was opened as styled text; independent of widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content

from seqchat.tui.language import in_use, say
from seqchat.tui.step_place import OpenedPlace

if TYPE_CHECKING:
    from seqchat.insight.step_report import Line
    from seqchat.model.cells import Gate

_NUMBER = 10  # cells
_GAP = " "


def head(opened: OpenedPlace) -> Content:
    """Name what is opened."""
    step = opened.step
    where = say("layer {layer} · neuron {neuron}", layer=step.layer, neuron=step.neuron)
    return Content.assemble(
        (f"{step.model} · {step.cell.title} · {where}", "bold $accent"),
        (f" · {say('step {step}', step=step.position)}" if opened.whole else "", "$text-muted"),
    )


def words(opened: OpenedPlace, width: int) -> Content:
    """Show as many words around the opened one as there is room for, and in which direction they are read."""
    position, all_words = opened.step.position, opened.words
    first = last = position
    room = width - cell_len(all_words[position]) - 4
    while room > 0 and (first > opened.first or last + 1 < len(all_words)):
        # By turns, so that the word stays in the middle
        left = first > opened.first and (position - first <= last - position or last + 1 == len(all_words))
        first, last = (first - 1, last) if left else (first, last + 1)
        room -= cell_len(all_words[first if left else last]) + 1
    if room < 0 and first < position:
        first += 1
    elif room < 0:
        last -= 1
    before, after = (_GAP.join(part) for part in (all_words[first:position], all_words[position + 1 : last + 1]))
    arrow = "←" if opened.step.backward else "→"
    return Content.assemble(
        (f"{arrow} ", "$text-muted"),
        before + _GAP * bool(before),
        (all_words[position], "bold reverse"),
        _GAP + after,
    )


def formulas(opened: OpenedPlace, gate: str) -> Content:
    """Write all formulas with their numbers, the chosen gate's in bold."""
    from seqchat.insight.step_report import formula

    lines = [
        Content.styled(formula(opened.step, each), "bold $accent" if each.gate.name == gate else "")
        for each in opened.step.gates
    ]
    return Content("\n").join(lines)


def addends(opened: OpenedPlace, gate: Gate) -> Content:
    """Write what a gate is, and what its number is made of."""
    from seqchat.insight.step_report import lines

    chinese = in_use() == "zh"
    name, what = (gate.chinese, gate.what_zh) if chinese else (gate.english, gate.what_en)
    found = lines(opened.step, opened.step.gate(gate.name), say=say)
    width = max(cell_len(line.what) for line in found if line.kind != "remark")
    heading = Content.assemble((f"{gate.symbol} · {name}", "bold"), (f"  {what}", "$text-muted"))
    return Content("\n").join([heading, *(_line(line, width) for line in found)])


def _line(line: Line, width: int) -> Content:
    indent = "  " * (line.kind == "part")
    number = f"{line.number:>{_NUMBER}}"
    if line.kind == "remark":
        return Content.styled(f"{number}  {line.what}", "$text-muted")
    what = line.what + " " * (width - cell_len(line.what))
    style = {"sum": "bold", "addend": "", "part": "$text-muted"}[line.kind]
    return Content.assemble((f"{indent}{number}  {what}", style), (f"  {line.note}".rstrip(), "$text-muted"))
