import math

import pytest
import torch

from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.encoding import IdStream
from seqchat.corpus.sources import read_dialogs
from seqchat.evaluation.validation import validate
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.network import build


@pytest.mark.parametrize(("lanes", "window"), [(1, 7), (16, 30)])
def test_the_metrics_follow_their_definitions(engine, models, tmp_path, lanes, window):
    """Against the plain way: each word of each dialog by the step network, one after the other."""
    dialogs = [*list(read_dialogs(["sample"]))[:4], Dialog(("龘龘𠀀", "好"))]
    stream = IdStream.write(tmp_path, dialogs, engine.vocabulary)
    suggestible = torch.from_numpy(engine.vocabulary.suggestible)
    loss, tokens, words, hits = 0.0, 0, 0, {1: 0, 3: 0, 5: 0}
    for dialog in dialogs:
        state = engine.network.initial_state()
        previous = 2  # <dialog>
        for turn in dialog.turns:
            for word in [*engine.vocabulary.segmenter.split(turn), "\n"]:
                for part, word_id in enumerate(engine.vocabulary.encode_word(word)):
                    state, features, _ = engine.network.step(torch.tensor([previous]), state)
                    scores = engine.network.log_probabilities(features)[0]
                    loss -= float(scores[word_id])
                    tokens += 1
                    previous = word_id
                    if word == "\n" or part > 0:
                        continue
                    words += 1
                    best = scores.masked_fill(~suggestible, -math.inf).topk(5).indices.tolist()
                    for k in hits:
                        hits[k] += word in engine.vocabulary and word_id in best[:k]
    network = build(engine.config)
    network.load_state_dict(Checkpoint.load(models[engine.config.cell]).weights)
    metrics = validate(network, stream, suggestible, lanes=lanes, window=window)["forward"]
    assert (metrics.tokens, metrics.words) == (tokens, words)
    assert metrics.perplexity == pytest.approx(math.exp(loss / tokens), rel=1e-4)
    for k, share in ((1, metrics.top1), (3, metrics.top3), (5, metrics.top5)):
        assert share == pytest.approx(hits[k] / words, abs=1.5 / words)
