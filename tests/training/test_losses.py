import pytest
import torch

from seqchat.model.config import ModelConfig
from seqchat.model.network import Activations, build
from seqchat.training.losses import FullSoftmax, SampledSoftmax, TrainingLoss, activation_penalty
from seqchat.training.settings import TrainingSettings


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


def test_the_loss_of_a_sample_and_its_gradients_are_those_of_the_definition(network):
    """Of right words that are in the sample, and others."""
    softmax = SampledSoftmax(200, 60)
    features, wanted = torch.randn(300, 8, requires_grad=True), torch.randint(4, 200, (300,))
    inputs = (features, network.embedding.weight, network.output_bias)
    torch.manual_seed(2)
    loss = softmax(network, features, wanted)
    found = torch.autograd.grad(loss, inputs)
    torch.manual_seed(2)
    sample = softmax._sample(features.device)
    assert 0 < torch.isin(wanted, sample).sum() < 300
    logits = network.logits(features) - softmax._log_expected
    right = logits.gather(1, wanted[:, None])
    others = logits[:, sample].masked_fill(sample == wanted[:, None], -torch.inf)
    expected = (torch.cat((right, others), dim=1).logsumexp(1) - right[:, 0]).mean()
    torch.testing.assert_close(loss, expected)
    for own, by_definition in zip(found, torch.autograd.grad(expected, inputs), strict=True):
        torch.testing.assert_close(own, by_definition)


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


@pytest.mark.parametrize("softmax", [FullSoftmax(), SampledSoftmax(200, 100_000)])
def test_the_divergence_is_that_of_what_both_expect(network, softmax):
    torch.manual_seed(1)
    teacher = build(network.config)
    features, taught = torch.randn(50, 8), torch.randn(50, 8)
    expected, own = teacher.logits(taught).softmax(1), network.logits(features).log_softmax(1)
    by_definition = (expected * (expected.log() - own)).sum(1).mean()
    torch.testing.assert_close(softmax.divergence(network, features, teacher, taught), by_definition)
    assert float(softmax.divergence(teacher, taught, teacher, taught)) == pytest.approx(0, abs=1e-6)


def test_replay_is_a_share_of_the_loss_and_carries_the_teachers_state(network):
    """Windows that are read one after the other give what the whole text gives."""
    teacher = build(network.config).requires_grad_(False).eval()
    network.eval()
    ids, targets = torch.randint(4, 200, (12, 3)), torch.randint(4, 200, (12, 3))

    def read(replay, start=0, end=12, state=None):
        settings = TrainingSettings(replay=replay, softmax="full", ar_alpha=0.0, tar_beta=0.0)
        loss = TrainingLoss(network, settings, teacher)
        state = loss.initial_state(3) if state is None else state
        mask = torch.ones_like(targets[start:end], dtype=torch.bool)
        return loss(ids[start:end], state, targets[start:end], mask, 1.0)

    plain, token_loss, _ = read(0.0)
    assert float(plain) == float(token_loss)
    own, taught = (n(ids, n.initial_state(3), targets).heads["forward"].flatten(0, 1) for n in (network, teacher))
    divergence = FullSoftmax().divergence(network, own, teacher, taught)
    whole, token_loss, after = read(0.25)
    torch.testing.assert_close(whole, 0.75 * plain + 0.25 * divergence)
    torch.testing.assert_close(token_loss, plain.detach())
    first, _, state = read(0.25, 0, 6)
    second, _, state = read(0.25, 6, 12, state)
    torch.testing.assert_close((first + second) / 2, whole)
    torch.testing.assert_close(state, after)
    second.backward()
    assert network.embedding.weight.grad.abs().sum() > 0
