import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from seqchat.corpus.batches import Batch
from seqchat.model.config import ModelConfig
from seqchat.model.network import build
from seqchat.training.distributed import Group
from seqchat.training.learner import Learner
from seqchat.training.losses import TrainingLoss
from seqchat.training.settings import TrainingSettings

SETTINGS = TrainingSettings(
    embedding_dropout=0, input_dropout=0, output_dropout=0, weight_dropout=0, clip=0.01, device="cpu", precision="fp32"
)


@pytest.fixture
def batch():
    ids = np.random.default_rng(0).integers(4, 50, (7, 3))
    return Batch(ids[:-1], ids[1:], np.ones((6, 3), dtype=np.uint8), np.ones(3, dtype=np.bool_))


def learner(settings):
    torch.manual_seed(0)
    made = Learner(build(ModelConfig(50, embedding_size=8, hidden_size=8)), settings, Group(), None)
    made.begin(slice(0, 3))
    return made


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_a_step_is_that_of_a_gradient_that_is_cut_first(batch, optimizer):
    settings = replace(SETTINGS, optimizer=optimizer)
    made = learner(settings)
    plain = copy.deepcopy(made.network)
    kind = {"adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}[optimizer]
    moves = kind(plain.parameters(), lr=0.1, weight_decay=settings.weight_decay)
    for _ in range(3):
        loss, token_loss, _ = TrainingLoss(plain, settings)(
            torch.from_numpy(batch.inputs), plain.initial_state(3), torch.from_numpy(batch.targets),
            torch.from_numpy(batch.learned_mask), 1.0,
        )  # fmt: skip
        moves.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(plain.parameters(), 0.01)
        moves.step()
        info = made.learn(batch, 0.1)
        assert (info.loss, info.gradient_norm) == pytest.approx((float(token_loss), float(norm)), rel=1e-4)
        assert (info.clipped_norm, info.tokens) == (0.01, 18)
    for own, other in zip(made.network.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(own, other, rtol=1e-3, atol=1e-4)


def test_weights_stay_where_the_gradient_is_no_number(batch):
    made = learner(SETTINGS)
    made.learn(batch, 0.1)
    before = {name: w.clone() for name, w in made.network.state_dict().items()}
    made.state[:] = torch.nan
    # No lane begins a text, as that would start from zeros.
    info = made.learn(replace(batch, reset_mask=np.zeros(3, dtype=np.bool_)), 0.1)
    assert not np.isfinite(info.gradient_norm)
    assert all(torch.equal(w, before[name]) for name, w in made.network.state_dict().items())


def test_rows_that_are_looked_up_have_the_gradient_of_a_whole_matrix(batch):
    """Adam moves all other vectors as well, by what it remembers and by weight decay."""
    settings = replace(SETTINGS, softmax="sampled", samples=20)
    rows, whole = learner(settings), learner(settings)
    assert rows.network.sparse_gradient
    whole.network.sparse_gradient = False

    def told(made):
        torch.manual_seed(1)
        return [made.learn(batch, 0.1) for _ in range(3)]

    for own, other in zip(told(rows), told(whole), strict=True):
        assert (own.loss, own.gradient_norm) == pytest.approx((other.loss, other.gradient_norm), rel=1e-5)
    for own, other in zip(rows.network.parameters(), whole.network.parameters(), strict=True):
        torch.testing.assert_close(own, other)
