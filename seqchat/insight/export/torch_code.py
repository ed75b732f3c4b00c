"""A model as a script of plain PyTorch, which loads the model's weights into modules of `torch.nn` and reads a text.

What it prints is what `torch.nn` returns: the shapes of outputs and states, for layers and directions, and the words
that are expected next. The network alone is in it, without n-grams, memory and lexicon.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from seqchat.completion.engine import Engine
from seqchat.corpus.vocabulary import PAD_ID
from seqchat.errors import SeqchatError
from seqchat.insight.gates import labels
from seqchat.model.config import ModelConfig
from seqchat.model.folder import VOCABULARY, WEIGHTS

_HEAD = '''\
"""{name} in plain PyTorch: {module} with the weights of the model.

L: words of the text, N: texts at once, E: numbers of a word's vector, H: neurons of a layer, D: directions.
"""

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

FOLDER = Path({folder!r})
weights = {{name: weight.float() for name, weight in load_file(FOLDER / "{weights}").items()}}
vocabulary = (FOLDER / "{vocabulary}").read_text("utf-8").split("\\n")

# The words of the text, as the model cuts it: {words}
ids = torch.tensor({ids})

# Words → vectors: a row of the embedding each. {stored}
embedding = {embedding}
x = embedding[ids][:, None]  # [L, N, E], one text
'''

_ONE_STACK = """
# The recurrent layers: PyTorch ends names with the number of the layer{ends}.
rnn = nn.{module}({arguments})
rnn.load_state_dict({state})
with torch.no_grad():
    output, {state_names} = rnn(x)

print("x                [L, N, E]         ", list(x.shape))
print("output           [L, N, D·H]       ", list(output.shape), "the top layer at every word")
{print_state}
"""

_TWO_STACKS = """
# Two stacks that know nothing of each other: one reads from left to right, the other from right to left.
# (With one layer, they are nn.{module}(…, bidirectional=True).)
stacks = {{}}
for direction, prefix in (("forward", "recurrent."), ("backward", "backward_recurrent.")):
    stacks[direction] = nn.{module}({arguments})
    stacks[direction].load_state_dict({state})
with torch.no_grad():
    output, {state_names} = stacks["forward"](x)
    from_right, _ = stacks["backward"](x.flip(0))
    from_right = from_right.flip(0)  # again in the order of the text

print("x                [L, N, E]         ", list(x.shape))
print("output           [L, N, H]         ", list(output.shape), "the top layer at every word, words left of it read")
print("from_right       [L, N, H]         ", list(from_right.shape), "the same, words right of it read")
{print_state}
"""

_PREDICTION = """
# The next word: the last output{projected}, times each word's vector, plus its bias.
with torch.no_grad():
    features = {features}
    logits = features @ embedding.T + weights["output_bias"]
print("logits           [N, words]        ", list(logits.shape))
for probability, word in zip(*(found[0].tolist() for found in logits.softmax(dim=-1).topk(5))):
    print(f"{{probability:8.4f}}  {{vocabulary[word]}}")
"""

_PRINT = 'print("{name:<16} [{shape:<17}", list({name}.shape), "{what}")'


def torch_code(engine: Engine, folder: Path, ids: Sequence[int]) -> str:
    """Return a script that reads words with the model in a folder; a window is made of the last ones.

    Raises:
        SeqchatError: `torch.nn` has no such cell.
    """
    config, cell = engine.config, engine.network.cell
    module = cell.torch_module(1, 1, 1)
    if module is None:
        raise SeqchatError(f"torch.nn has no {cell.title}, so that there is no module to load its weights into.")
    if config.objective == "window":
        ids = [*[PAD_ID] * config.window, *ids][-config.window :]
    bytes_ = engine.network.vectors.scale is not None
    values = {
        "name": _one_line(engine.name),
        "module": f"nn.{type(module).__name__}",
        "folder": str(folder.resolve()),
        "weights": WEIGHTS,
        "vocabulary": VOCABULARY,
        "words": " ".join(map(_one_line, labels(engine.vocabulary, ids))),
        "ids": list(ids),
        "stored": "They are stored in a byte a number, with a scale for each word." if bytes_ else "",
        "embedding": 'weights["embedding.weight"]' + ' * weights["embedding.scale"][:, None]' * bytes_,
    }
    head = "\n".join(line.rstrip() for line in _HEAD.format(**values).split("\n"))
    return head + _stacks(config, type(module).__name__) + _prediction(config)


def _one_line(text: str) -> str:
    """Return a text that cannot end a comment or a docstring."""
    return ascii(text)[1:-1].replace('"', "'") if not text.isprintable() or '"' in text or "\\" in text else text


def _stacks(config: ModelConfig, module: str) -> str:
    arguments = [f"input_size={config.embedding_size}", f"hidden_size={config.hidden_size}"]
    arguments += [f"num_layers={config.layers}"]
    if module == "RNN":
        arguments.append(f'nonlinearity="{config.nonlinearity}"')
    if config.bidirectional:
        arguments.append("bidirectional=True")
    states = ["h_n", "c_n"] if module == "LSTM" else ["h_n"]
    names = {"h_n": "hidden states after the last word", "c_n": "cell states after the last word"}
    shape = "layers, N, H]" if config.directions == 1 else "layers·D, N, H]"
    values = {
        "module": module,
        "arguments": ", ".join(arguments),
        "state": _state(config),
        "state_names": states[0] if len(states) == 1 else f"({', '.join(states)})",
        "print_state": "\n".join(_PRINT.format(name=name, shape=shape, what=names[name]) for name in states),
        "ends": ", and with _reverse those that read from right to left" * config.bidirectional,
    }
    return (_TWO_STACKS if config.objective == "infill" else _ONE_STACK).format(**values)


def _state(config: ModelConfig) -> str:
    """Return the expression that renames the weights of a stack; a model keeps each layer by itself."""
    if config.objective == "window":
        return '{name.removeprefix("recurrent."): w for name, w in weights.items() if name.startswith("recurrent.")}'
    prefix, indent = ("prefix", "    ") if config.objective == "infill" else ('"recurrent."', "")
    lines = (
        "{",
        "    f\"{name.removesuffix('0')}{layer}\": w",
        "    for key, w in weights.items()",
        f"    if key.startswith({prefix})",
        f'    for layer, name in [key.removeprefix({prefix}).split(".")]',
        "}",
    )
    return f"\n{indent}".join(lines)


def _prediction(config: ModelConfig) -> str:
    same = config.hidden_size * config.directions == config.embedding_size
    features = "output[-1]" + "" if same else 'output[-1] @ weights["projection.weight"].T'
    return _PREDICTION.format(features=features, projected="" if same else ", projected to the size of a vector")
