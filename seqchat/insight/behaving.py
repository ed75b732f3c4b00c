"""Looks at a network while it is trained: what it writes, its gates at a sentence, and how far its gradient reaches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqchat.completion.sampling import Sampler, Sampling
from seqchat.corpus.cleaning import clean
from seqchat.corpus.encoding import IdStream
from seqchat.corpus.vocabulary import DIALOG_ID, TURN_ID, Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.errors import SeqchatError
from seqchat.insight.behaviour import Behaviour, Quantised
from seqchat.insight.gates import label
from seqchat.insight.gradient_flow import gradient_norms
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.stepping import CarriedSteps, StepNetwork, Stepped, build_steps

# Of the sentence, its beginning that is continued, and the continuation
_SENTENCE_WORDS, _PROMPT_WORDS, _CONTINUATION_WORDS = 16, 3, 16
_MIN_SENTENCE_WORDS = 8
_NEURONS, _LAYERS = 24, 4
# A gradient is followed from so many words over such a distance, after so many words of context.
_REACH_WORDS, _DISTANCE, _CONTEXT = 8, 20, 16


class Behaving:
    """Says what a network does with given weights, always on the same words and with the same random numbers."""

    def __init__(self, checkpoint: Checkpoint, validation: IdStream, prompt: str | None = None) -> None:
        """Take a model, the text that it validates on, and a text to continue instead of the beginning of that one.

        Raises:
            SeqchatError: there is no word in the text to continue.
        """
        self._config, self._validation = checkpoint.config, validation
        self._vocabulary = Vocabulary(checkpoint.words, segmenter(checkpoint.segmenter))
        sentence = _first_sentence(validation)
        self._prompt = sentence[: 1 + _PROMPT_WORDS] if prompt is None else _encoded(self._vocabulary, prompt)
        # A longer prompt is the sentence to look at, too.
        self._sentence = self._prompt if len(self._prompt) >= _MIN_SENTENCE_WORDS else sentence
        count = min(_NEURONS, self._config.hidden_size)
        self._neurons = np.linspace(0, self._config.hidden_size - 1, count).round().astype(int).tolist()
        self._mask = torch.zeros(len(checkpoint.words))
        self._mask[torch.from_numpy(~self._vocabulary.suggestible)] = -torch.inf
        self._mask[TURN_ID] = 0.0

    def __call__(self, weights: Mapping[str, Tensor]) -> dict[str, Any]:
        """Return a `Behaviour` as JSON values, but for its tokens; weights: those of a network, float32 on the CPU."""
        network = build_steps(self._config, weights, "fp32")
        behaviour = Behaviour(
            0,
            _text(self._vocabulary, self._prompt),
            self._continued(network),
            [label(self._vocabulary, word_id) for word_id in self._sentence[:_SENTENCE_WORDS]],
            self._neurons,
            self._gates(network),
            self._reach(network),
        )
        values = behaviour.to_json()
        del values["tokens"]
        return values

    def _continued(self, network: StepNetwork) -> str:
        sampler = Sampler(Sampling(seed=1))
        stepped = _read(network, self._prompt)[-1]
        ids = list(self._prompt)
        for _ in range(_CONTINUATION_WORDS):
            rows = network.log_probabilities(stepped.features) + self._mask
            if not bool(rows.max().isfinite()):
                break  # the weights are no longer numbers
            ids.append(int(sampler.draw(rows)[0]))
            stepped = network.step(torch.tensor(ids[-1:]), stepped.state)
        return _text(self._vocabulary, ids)[len(_text(self._vocabulary, self._prompt)) :]

    def _gates(self, network: StepNetwork) -> dict[str, dict[str, Quantised]]:
        steps = _read(network, self._sentence[:_SENTENCE_WORDS])
        return {
            name: {
                gate.name: Quantised.of(
                    torch.cat([step.gates[layer][gate.name] for step in steps])[:, self._neurons].numpy()
                )
                for gate in network.cell.gates
            }
            for layer, name in enumerate(network.layer_names[:_LAYERS])
        }

    def _reach(self, network: StepNetwork) -> dict[str, list[float]]:
        if not isinstance(network, CarriedSteps):
            return {}
        try:
            norms = gradient_norms(network, self._validation, words=_REACH_WORDS, distance=_DISTANCE, context=_CONTEXT)
        except SeqchatError:  # the dialogs are too short
            return {}
        return {state: np.nan_to_num(values, nan=0.0, posinf=1e300).tolist() for state, values in norms.items()}


def behaving(prompt: str | None = None) -> Callable[[Checkpoint, IdStream], Behaving]:
    """Return what makes a `Behaving` of a model and its text to validate on."""
    return lambda checkpoint, validation: Behaving(checkpoint, validation, prompt)


def _read(network: StepNetwork, ids: list[int]) -> list[Stepped]:
    steps: list[Stepped] = []
    for word_id in ids:
        state = steps[-1].state if steps else network.initial_state()
        steps.append(network.step(torch.tensor([word_id]), state))
    return steps


def _first_sentence(stream: IdStream) -> list[int]:
    """Return the beginning of the first dialog that is long enough, or of the longest."""
    lengths = np.diff(stream.starts)
    enough = np.flatnonzero(lengths >= min(_SENTENCE_WORDS, int(lengths.max())))
    start = int(stream.starts[enough[0]])
    return [int(word_id) for word_id in stream.ids[start : start + _SENTENCE_WORDS]]


def _encoded(vocabulary: Vocabulary, prompt: str) -> list[int]:
    ids = vocabulary.encode(vocabulary.segmenter.split(clean(prompt)))
    if not ids:
        raise SeqchatError("There is no word in the prompt. Give at least one.")
    return [DIALOG_ID, *ids]


def _text(vocabulary: Vocabulary, ids: list[int]) -> str:
    """Return the text of ids, with the sign for the end of a turn."""
    return vocabulary.text(ids).replace("\n", "⏎")
