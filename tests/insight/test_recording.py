"""What is recorded is what `torch.nn` computes and what the app reads, however long the text."""

import math
from itertools import chain, islice, repeat

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seqchat.corpus.cleaning import GLUE
from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.vocabulary import DIALOG_ID, TURN_ID
from seqchat.corpus.words import SEGMENTERS
from seqchat.errors import SeqchatError
from seqchat.insight import word_ids
from seqchat.insight.gates import trace
from seqchat.insight.recording import BLOCK_WORDS, join_blocks, record
from seqchat.insight.view import layer_names, select_view
from seqchat.insight.word_ids import dialog_ids, text_ids

from ..conftest import cell_shapes, fused_cells, small_engine

WORDS = ["好", "你", "吃", "饭", "火锅", "，", "。", "ok", "Hi", "!"]
TEXT = "你好，吃火锅\n好。ok!\n吃饭"
FUSED = fused_cells()
SHAPES = [shape for shape in cell_shapes() if shape[0] in FUSED]


def engine_of(cell="lstm", nonlinearity="tanh", **network):
    return small_engine(WORDS, cell=cell, nonlinearity=nonlinearity, **network)


def everything(engine, ids, max_words=BLOCK_WORDS):
    return join_blocks(record(engine, select_view(engine), ids, max_words), 10**6, "a test")


def ids_of(engine, text=TEXT):
    return list(text_ids(engine.vocabulary, [text]))


def torch_stack(engine, layers):
    """A module of `torch.nn` with the weights of the layers; a layer of two directions is a pair of them."""
    config = engine.config
    stack = config.cell_kind.torch_module(
        config.embedding_size, config.hidden_size, len(layers), bidirectional=len(layers[0]) == 2
    )
    for k, layer in enumerate(layers):
        for weights, suffix in zip(layer, ("", "_reverse"), strict=False):
            for name, weight in weights.items():
                getattr(stack, f"{name}_l{k}{suffix}").data.copy_(weight)
    return stack


@torch.no_grad()
def torch_states(engine, layers, ids):
    """The states [words, hidden] of each layer after each word: hidden, and for the LSTM cell."""
    x = engine.network.embedding[torch.tensor(ids)]
    found = []
    for k in range(len(layers)):
        stack = torch_stack(engine, [[layer] for layer in layers[: k + 1]])
        hidden = stack(x)[0]
        cells = [stack(x[: t + 1])[1][1][k] for t in range(len(ids))] if engine.config.cell == "lstm" else None
        found.append((hidden, None if cells is None else torch.stack(cells)))
    return found


def agree(layer, states):
    hidden, cell = states
    np.testing.assert_allclose(layer["hidden"], hidden.numpy(), atol=1e-5, rtol=1e-5)
    if cell is not None:
        np.testing.assert_allclose(layer["cell"], cell.numpy(), atol=1e-5, rtol=1e-5)


# --- the numbers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize(("cell", "nonlinearity"), SHAPES)
def test_states_are_those_of_torch(cell, nonlinearity, layers):
    engine = engine_of(cell, nonlinearity, layers=layers)
    ids = ids_of(engine)
    block = everything(engine, ids)
    assert len(block.layers) == layers
    for layer, states in zip(block.layers, torch_states(engine, engine.network.layers, ids), strict=True):
        agree(layer, states)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", FUSED)
def test_both_directions_of_infill_are_those_of_torch(cell, layers):
    engine = engine_of(cell, layers=layers, objective="infill")
    ids = ids_of(engine)
    block = everything(engine, ids)
    assert select_view(engine).layers == ("1→", "1←", "2→", "2←")[: 2 * layers]
    forward = torch_states(engine, engine.network.layers, ids)
    backward = torch_states(engine, engine.network.backward_layers, ids[::-1])
    for k in range(layers):
        agree(block.layers[2 * k], forward[k])
        agree(block.layers[2 * k + 1], [None if part is None else part.flip(0) for part in backward[k]])


@pytest.mark.parametrize("cell", FUSED)
def test_one_layer_of_infill_is_a_bidirectional_module(cell):
    engine = engine_of(cell, objective="infill")
    ids = ids_of(engine)
    there, back = (layer["hidden"] for layer in everything(engine, ids).layers)
    stack = torch_stack(engine, [[engine.network.layers[0], engine.network.backward_layers[0]]])
    with torch.no_grad():
        expected = stack(engine.network.embedding[torch.tensor(ids)])[0].numpy()
    np.testing.assert_allclose(np.hstack([there, back]), expected, atol=1e-5)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", FUSED)
def test_windows_show_what_torch_makes_of_each_of_their_words(cell, bidirectional):
    engine = engine_of(cell, layers=2, objective="window", window=4, bidirectional=bidirectional)
    ids = ids_of(engine)
    block = everything(engine, ids)
    layers = engine.network.layers
    padded = [0, 0, 0, *ids]
    directions = 2 if bidirectional else 1
    assert len(block.layers) == 2 * directions
    assert block.windows.tolist() == [padded[t : t + 4] for t in range(len(ids))]
    for t in range(len(ids)):
        x = engine.network.embedding[torch.tensor(padded[t : t + 4])]
        for k in range(2):
            with torch.no_grad():
                expected = torch_stack(engine, layers[: k + 1])(x)[0].numpy()
            mine = [block.layers[directions * k + d]["hidden"][t] for d in range(directions)]
            np.testing.assert_allclose(np.concatenate(mine, axis=1), expected, atol=1e-5)


def test_gates_are_related_by_their_formulas():
    for layer in everything(lstm := engine_of("lstm", layers=2), ids_of(lstm)).layers:
        before = np.vstack([np.zeros_like(layer["cell"][:1]), layer["cell"][:-1]])
        expected = layer["forget"] * before + layer["input"] * layer["candidate"]
        np.testing.assert_allclose(layer["cell"], expected, atol=1e-6)
        np.testing.assert_allclose(layer["hidden"], layer["output"] * np.tanh(layer["cell"]), atol=1e-6)
    for layer in everything(gru := engine_of("gru", layers=2, objective="infill"), ids_of(gru)).layers[1::2]:
        before = np.vstack([layer["hidden"][1:], np.zeros_like(layer["hidden"][:1])])
        expected = (1 - layer["update"]) * layer["candidate"] + layer["update"] * before
        np.testing.assert_allclose(layer["hidden"], expected, atol=1e-6)


def test_it_is_what_the_app_shows(engine):
    text = "小帅是一名程序员，\n他每天都加班"
    shown = trace(engine, engine.context.node(text), 1_000)
    block = everything(engine, ids_of(engine, text))
    assert block.words == shown.words
    assert select_view(engine).layers == tuple(shown.names)
    for mine, theirs in zip(block.layers, shown.layers, strict=True):
        assert list(mine) == list(theirs)
        for gate, values in theirs.items():
            np.testing.assert_allclose(mine[gate], values, atol=1e-6)


def test_the_backward_stack_is_what_fills_gaps():
    engine = engine_of("gru", layers=2, objective="infill")
    ids = ids_of(engine)
    top = everything(engine, ids).layers[-1]["hidden"]
    for t in range(len(ids)):
        np.testing.assert_allclose(top[t], engine.network.read_right(torch.tensor(ids[t:])).numpy(), atol=1e-6)


# --- blocks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("max_words", [1, 2, 5, 1000])
@pytest.mark.parametrize("objective", ["next", "infill", "window"])
def test_blocks_change_nothing(objective, max_words):
    engine = engine_of("lstm", layers=2, objective=objective)
    ids = [*ids_of(engine), *ids_of(engine, "好"), *ids_of(engine, "吃饭\n好吃!")]
    blocks = list(record(engine, select_view(engine), ids, max_words))
    assert max(len(block.ids) for block in blocks) <= max_words
    assert [i for block in blocks for i in block.ids] == ids
    whole, parts = everything(engine, ids), join_blocks(blocks, 1000, "a test")
    assert parts.words == whole.words
    for mine, theirs in zip(parts.layers, whole.layers, strict=True):
        for gate, values in theirs.items():
            np.testing.assert_allclose(mine[gate], values, atol=1e-6)


@pytest.mark.parametrize("objective", ["next", "infill", "window"])
def test_each_dialog_begins_anew(objective):
    engine = engine_of("gru", objective=objective)
    dialogs = [Dialog(("你好", "吃饭")), Dialog(("好",)), Dialog(("ok!",))]
    together = everything(engine, dialog_ids(engine.vocabulary, dialogs))
    alone = [everything(engine, dialog_ids(engine.vocabulary, [dialog])) for dialog in dialogs]
    assert together.words == [word for block in alone for word in block.words]
    assert together.words[:4] == ["▶", "你", "好", "⏎"]
    for k, layer in enumerate(together.layers):
        for gate, values in layer.items():
            np.testing.assert_allclose(values, np.concatenate([b.layers[k][gate] for b in alone]), atol=1e-6)


def test_a_text_without_end_can_be_read():
    engine = engine_of()
    endless = text_ids(engine.vocabulary, repeat("你好\n"))
    blocks = list(islice(record(engine, select_view(engine), endless, 7), 3))
    assert [len(block.ids) for block in blocks] == [7, 7, 7]
    assert [w for b in blocks for w in b.words][:5] == ["▶", "你", "好", "⏎", "你"]


def test_too_many_words_for_a_kind_of_file():
    engine = engine_of()
    blocks = record(engine, select_view(engine), chain([DIALOG_ID], repeat(TURN_ID)), 4)
    with pytest.raises(SeqchatError, match=r"more than 10 words, too many for a picture; write an \.npz file"):
        join_blocks(blocks, 10, "a picture")
    ids = [DIALOG_ID] * 10
    assert len(join_blocks(record(engine, select_view(engine), ids, 4), 10, "a picture").ids) == 10


# --- the words ---------------------------------------------------------------------------------------------------

TEXTS = [
    "你好",
    "你好\n",
    "\n\n  你好  \n\n 吃饭 ",
    "你好\r\n吃\u2028饭\x0b好",
    "\x1b[31m你好\x1b[0m\x00 \u202eok\u202c Hi!",
    "好,ok,好 ok  Hi!火锅",
    "$x$ <b>&amp;</b>",
]


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize("text", TEXTS)
def test_words_are_those_of_the_app(engine, text, lines):
    read = text_ids(engine.vocabulary, text.splitlines(keepends=True) if lines and "\x1b" not in text else [text])
    assert list(read) == [DIALOG_ID, *engine.context.ids(text)]


@pytest.mark.parametrize("name", SEGMENTERS)
@settings(max_examples=40)
@example(text="Hiok Hiok, 好ok好 ok\nok,ok")
@given(text=st.text("好你吃饭火锅，。 okHi!\n", min_size=1, max_size=60).filter(str.strip))
def test_a_long_line_is_cut_where_that_changes_nothing(name, text):
    engine = small_engine([*WORDS, " ", "Hiok", f"{GLUE}ok", f"{GLUE},", ","])
    vocabulary = engine.vocabulary
    vocabulary.segmenter = SEGMENTERS[name]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(word_ids, "_MAX_CHUNK_LENGTH", 3)
        assert list(text_ids(vocabulary, [text])) == [DIALOG_ID, *engine.context.ids(text)]


def test_a_text_longer_than_the_app_reads(lstm):
    text = "今天天气很好，我们去吃火锅\n" * 2_000
    ids = list(text_ids(lstm.vocabulary, text.splitlines(keepends=True)))
    once = list(text_ids(lstm.vocabulary, ["今天天气很好，我们去吃火锅\n"]))
    assert ids == [DIALOG_ID, *once[1:] * 2_000]
    assert len(ids) > len(lstm.context.ids(text)) + 1


@pytest.mark.parametrize("text", [[], [""], ["\n", " \n"], ["\u200b\x07"]])
def test_no_word_is_one_sentence(text):
    with pytest.raises(SeqchatError, match=r"There is no word in the text. Give at least one\."):
        text_ids(engine_of().vocabulary, text)


@pytest.mark.parametrize("objective", ["next", "infill", "window"])
def test_one_word(objective):
    engine = engine_of(objective=objective)
    block = everything(engine, ids_of(engine, "好"))
    assert block.words == ["▶", "好"]
    shape = (2, engine.config.window, 12) if objective == "window" else (2, 12)
    assert {values.shape for layer in block.layers for values in layer.values()} == {shape}


# --- what is looked at -------------------------------------------------------------------------------------------


def test_a_part_is_that_part_of_the_whole():
    engine = engine_of("lstm", layers=2, objective="infill")
    ids = ids_of(engine)
    view = select_view(engine, ["2", "1←"], ["cell", "forget"], [5, 0, 5])
    assert view.layers == ("1←", "2→", "2←")
    assert [gate.name for gate in view.gates] == ["forget", "cell"]
    assert view.neurons == (5, 0)
    assert view.values_per_word == 12
    part, whole = join_blocks(record(engine, view, ids), 1000, "a test"), everything(engine, ids)
    for mine, theirs in zip(part.layers, whole.layers[1:], strict=True):
        assert list(mine) == ["forget", "cell"]
        for gate, values in mine.items():
            np.testing.assert_array_equal(values, theirs[gate][:, [5, 0]])


@pytest.mark.parametrize(
    ("network", "layers", "gates", "neurons", "says"),
    [
        ({"layers": 2}, ["3"], [], [], "There is no layer 3; the model has layers 1 and 2."),
        ({}, ["0"], [], [], "There is no layer 0; the model has layer 1 alone."),
        ({"objective": "infill"}, ["2←"], [], [], "There is no layer 2←; the model has layers 1→ and 1←."),
        ({"objective": "infill"}, [""], [], [], "There is no layer ; the model has layers 1→ and 1←."),
        (
            {"cell": "gru"},
            [],
            ["forget"],
            [],
            "The cell GRU has no gate 'forget'; it has reset, update, candidate and hidden.",
        ),
        ({"cell": "rnn"}, [], ["cell"], [], "The cell RNN has no gate 'cell'; it has hidden."),
        ({}, [], [], [12], "There is no neuron 12; each layer has the neurons 0 to 11."),
        ({}, [], [], [-1], "There is no neuron -1; each layer has the neurons 0 to 11."),
    ],
)
def test_what_is_not_there_is_one_sentence(network, layers, gates, neurons, says):
    with pytest.raises(SeqchatError) as caught:
        select_view(engine_of(**network), layers, gates, neurons)
    assert str(caught.value) == says


def test_names_and_ranges():
    assert layer_names(engine_of(layers=2).network) == ["1", "2"]
    assert layer_names(engine_of(objective="window", bidirectional=True).network) == ["1→", "1←"]
    (tanh,), (relu,) = select_view(engine_of("rnn")).gates, select_view(engine_of("rnn", "relu")).gates
    assert (tanh.low, tanh.high) == (-1, 1)
    assert (relu.low, relu.high) == (0, math.inf)
