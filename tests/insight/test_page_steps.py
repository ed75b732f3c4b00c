"""The page opens a neuron at a word as `seqchat inspect --step` does; its script is run by Node where that is there."""

import json
import re
import shutil
import subprocess

import pytest

from seqchat.insight.export import page_steps, pages
from seqchat.insight.recording import observe_ids, record, record_window
from seqchat.insight.step import open_step
from seqchat.insight.step_report import formula, lines
from seqchat.insight.view import select_view
from seqchat.insight.word_ids import text_ids

from ..conftest import cell_shapes, small_engine

WORDS = ["好", "你", "吃", "饭", "火锅", "，", "。"]
TEXT = "你好，吃饭"
KINDS = {
    "next": {},
    "infill": {"objective": "infill"},
    "window": {"objective": "window", "window": 4, "bidirectional": True},
}
_RUN = """
const page = require("fs").readFileSync(0, "utf8");
const data = JSON.parse(page.match(/<script class="data" type="application\\/json">(.*?)<\\/script>/s)[1]);
const script = page.match(/<script>(.*?)<\\/script>/s)[1].split("const SEQUENTIAL")[0];
const shown = new Function("data", script + `
  const words = data.words.length, found = [];
  for (const name of Object.keys(data.steps.layers)) {
    for (let word = 0; word < words; word++) {
      data.neurons.forEach((number, place) => {
        const { gates } = opened(data.steps, name, word, place, number, words, data.neurons.length);
        found.push(gates.map((gate) => [formulaText(gate, number), addendRows(gate)]));
      });
    }
  }
  return found;
`)(data);
console.log(JSON.stringify(shown));
"""


def page_of(engine, view):
    ids = list(text_ids(engine.vocabulary, [TEXT]))
    block = record_window(engine, view, ids) if view.window else next(record(engine, view, ids))
    trace = observe_ids(engine, block.ids, 100)
    return trace, pages.page(view, block, None, page_steps.step_data(engine, view, trace))


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("cell", "nonlinearity"), cell_shapes())
def test_the_page_shows_the_formulas_and_numbers_of_the_command(cell, nonlinearity, kind):
    engine = small_engine(WORDS, cell=cell, nonlinearity=nonlinearity, layers=2, **KINDS[kind])
    trace, page = page_of(engine, view := select_view(engine, neurons=[7, 2]))
    done = subprocess.run(["node", "-e", _RUN], input=page, capture_output=True, text=True, check=True)
    shown = iter(json.loads(done.stdout))
    for layer in view.layers:
        for position in range(len(trace.words)):
            for neuron in view.neurons:
                step = open_step(engine, trace, layer, neuron, position)
                for opened, (text, rows) in zip(step.gates, next(shown), strict=True):
                    assert _numbers(text) == pytest.approx(_numbers(formula(step, opened)), abs=0.0101)
                    assert re.sub(r"[−\d.()]", "", text) == re.sub(r"[−\d.()]", "", formula(step, opened))
                    mine = [line for line in lines(step, opened) if line.kind == "addend" or line.kind == "sum"]
                    theirs = [row for row in rows if row[3] != "part"]
                    assert [row[1] for row in theirs] == [line.what for line in mine]
                    values = [_numbers(row[0])[0] for row in theirs]
                    assert values == pytest.approx([_numbers(line.number)[0] for line in mine], abs=1.01e-4)
                    assert sum(values[:-1]) == pytest.approx(values[-1], abs=1e-9)


def _numbers(text):
    return [float(number.replace("−", "-")) for number in re.findall(r"−?\d+\.\d+", text)]


def test_a_page_with_too_many_weights_says_so(monkeypatch):
    engine = small_engine(WORDS)
    monkeypatch.setattr(page_steps, "MAX_WEIGHTS", 100)
    _, page = page_of(engine, select_view(engine))
    assert "write the page for fewer neurons or layers" in page
    _, page = page_of(engine, select_view(engine, neurons=[1]))
    assert "write the page for fewer neurons or layers" not in page


def test_the_page_of_a_window_says_what_is_shown():
    engine = small_engine(WORDS, **KINDS["window"])
    _, page = page_of(engine, select_view(engine))
    assert "Shown is the window that ends with the text" in page
    assert "∅" in page
