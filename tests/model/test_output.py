import pytest
import torch

from seqchat.model.output import OutputLayer

needs_int8 = pytest.mark.skipif(not torch.cpu._is_vnni_supported(), reason="the processor has no int8 products")


@pytest.fixture
def weights():
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(6_000, 64, generator=generator) * torch.rand(6_000, 1, generator=generator)
    return weight, torch.randn(6_000, generator=generator), torch.randn(5, 64, generator=generator)


def test_small_vocabularies_and_fp32_are_plain_products(weights):
    weight, bias, features = weights
    small = OutputLayer(weight[:100], bias[:100])
    assert small.precision == "fp32"
    assert OutputLayer(weight, bias, "fp32").precision == "fp32"
    torch.testing.assert_close(small.logits(features), features @ weight[:100].T + bias[:100])


@needs_int8
def test_the_best_words_are_exact_and_the_rest_is_near(weights):
    weight, bias, features = weights
    layer = OutputLayer(weight, bias)
    assert layer.precision == "int8"
    exact, light = features @ weight.T + bias, layer.logits(features)
    best = exact.topk(100, dim=1).indices
    torch.testing.assert_close(light.gather(1, best), exact.gather(1, best))
    assert (light.topk(100, dim=1).indices == best).all()
    torch.testing.assert_close(light, exact, atol=0.3, rtol=0)
    assert not torch.equal(light, exact)
    torch.testing.assert_close(light.logsumexp(dim=1), exact.logsumexp(dim=1), atol=5e-3, rtol=0)


@needs_int8
def test_some_words_alone_are_exact(weights):
    weight, bias, features = weights
    ids = torch.tensor([0, 17, 5_999])
    layer = OutputLayer(weight, bias)
    torch.testing.assert_close(layer.exact_logits(features[0], ids), (features @ weight.T + bias)[0, ids])
    assert layer.exact_logits(features[0], ids[:0]).shape == (0,)
    torch.testing.assert_close(layer.logits(torch.zeros(1, 64))[0], bias)
