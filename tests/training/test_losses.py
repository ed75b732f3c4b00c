import pytest
import torch

from seqchat.model.config import ModelConfig
from seqchat.model.network import build
from seqchat.training.losses import FullSoftmax, SampledSoftmax, activation_penalty


@pytest.fixture
def network():
    torch.manual_seed(0)
    return build(ModelConfig(200, embedding_size=8, hidden_size=8))


def test_a_sample_that_holds_all_words_is_the_full_softmax(network):
    features, wanted = torch.randn(50, 8), torch.randint(4, 200, (50,))
    sampled = SampledSoftmax(200, 100_000)(network, features, wanted)
    torch.testing.assert_close(sampled, FullSoftmax()(network, features, wanted))


def test_a_small_sample_is_right_on_average(network):
    """The gradient of the mean over many samples comes near that of the full softmax."""
    features, wanted = torch.randn(50, 8), torch.randint(4, 200, (50,))

    def gradient(loss):
        return torch.autograd.grad(loss, network.embedding.weight)[0]

    full = gradient(FullSoftmax()(network, features, wanted))
    softmax = SampledSoftmax(200, 60)
    mean = torch.stack([gradient(softmax(network, features, wanted)) for _ in range(300)]).mean(dim=0)
    assert torch.nn.functional.cosine_similarity(mean.flatten(), full.flatten(), dim=0) > 0.98


def test_penalties_by_their_definition():
    output = torch.tensor([[[1.0, 2.0]], [[3.0, 2.0]]])
    assert float(activation_penalty(output, output, 1.0, 0.0)) == pytest.approx((1 + 4 + 9 + 4) / 4)
    assert float(activation_penalty(output, output, 0.0, 0.5)) == pytest.approx(0.5 * (4 + 0) / 2)
    assert float(activation_penalty(output[:1], output[:1], 0.0, 0.5)) == 0
