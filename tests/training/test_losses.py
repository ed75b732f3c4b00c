import pytest
import torch

from seqchat.model.config import ModelConfig
from seqchat.model.network import Activations, build
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
    both, dropped = Activations(output, output), Activations(output, output * 0)
    present = torch.ones(2, 1, dtype=torch.bool)
    assert float(activation_penalty(both, present, 1.0, 0.0)) == pytest.approx((1 + 4 + 9 + 4) / 4)
    assert float(activation_penalty(both, present, 0.0, 0.5)) == pytest.approx(0.5 * ((4 + 0) / 2) / 2)
    assert float(activation_penalty(dropped, present, 1.0, 0.5)) == pytest.approx(0.5 * ((4 + 0) / 2) / 2)
    first = Activations(output[:1], output[:1])
    assert float(activation_penalty(first, present[:1], 0.0, 0.5)) == 0


def test_padding_adds_nothing_to_the_penalties():
    output = torch.randn(5, 2, 3)
    present = torch.tensor([[True, True]] * 3 + [[True, False]] * 2)
    padded = output.masked_fill(~present[..., None], 1e3)
    for alpha, beta in ((1.0, 0.0), (0.0, 1.0)):
        expected = activation_penalty(Activations(output, output), present, alpha, beta)
        torch.testing.assert_close(activation_penalty(Activations(padded, padded), present, alpha, beta), expected)
