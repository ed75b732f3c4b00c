import pytest
import torch

from seqchat.model import products
from seqchat.model.output import OutputLayer
from seqchat.model.text_output import TextOutput
from seqchat.model.weights import compact
from seqchat.model.word_vectors import WordVectors

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


# --- vectors as they are stored -----------------------------------------------------------------------------------


def stored_vectors(words: int, width: int, seed: int = 0) -> WordVectors:
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randn(words, width, generator=generator) * (0.2 + torch.rand(words, 1, generator=generator))
    scale = weight.abs().amax(dim=1) / 127
    return WordVectors((weight / scale[:, None]).round().to(torch.int8), scale)


def test_rows_are_those_of_the_whole_matrix():
    vectors = stored_vectors(50, 8)
    ids = torch.tensor([[3, 49], [0, 3]])
    rows, one, largest = vectors[ids], vectors[7], vectors.largest()
    whole = vectors.values.float() * vectors.scale[:, None]
    assert torch.equal(rows, whole[ids])
    assert torch.equal(one, whole[7])
    assert torch.equal(largest, whole.abs().amax(dim=1))
    assert "whole" not in vars(vectors)
    assert torch.equal(vectors.whole, whole)
    assert torch.equal(vectors[ids], whole[ids])
    assert torch.equal(WordVectors(whole)[ids], whole[ids])


needs_packed = pytest.mark.skipif(not products._packs(64), reason="the processor or PyTorch lacks the packed product")


@pytest.fixture
def packed(monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_vnni_supported", lambda: False)
    monkeypatch.setattr(products, "_PACKED_FROM", 1_000)


@needs_packed
@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize("sharpness", [0.0, 0.3, 30.0])
def test_the_largest_logits_are_exact_whatever_the_features(packed, stored, sharpness):
    """For equal words, all of them are exact; where few stand out, only these are computed again."""
    vectors = stored_vectors(3_000, 64)
    whole, bias = vectors.values.float() * vectors.scale[:, None], 0.01 * torch.randn(3_000)
    layer = OutputLayer(vectors if stored else WordVectors(whole), bias)
    assert layer.precision == "int8"
    features = sharpness * torch.randn(4, 64)
    exact, light = features @ whole.T + bias, layer.logits(features)
    torch.testing.assert_close(light.topk(32).values, exact.topk(32).values, atol=1e-4, rtol=1e-5)
    torch.testing.assert_close(light.logsumexp(dim=1), exact.logsumexp(dim=1), atol=1e-2, rtol=0)
    assert ((light - exact).abs() <= layer._product.error(features) + 1e-4).all()
    assert "whole" not in vars(vectors)


@needs_packed
def test_words_that_cannot_be_told_apart_are_all_computed_in_float32(packed):
    """Nearly equal words with one large part in common: each error is larger than all differences."""
    values = torch.full((6_000, 64), 100, dtype=torch.int8)
    values[:, 0] = torch.arange(6_000) % 50
    values[:, 1] = 127
    vectors = WordVectors(values, torch.full((6_000,), 0.01))
    features = torch.ones(1, 64) + 0.3 * torch.arange(64) / 64
    bias = torch.linspace(0, 1e-3, 6_000)
    light = OutputLayer(vectors, bias).logits(features)
    exact = features @ (values.float() * 0.01).T + bias
    torch.testing.assert_close(light, exact)
    assert (light.topk(100).values == light.sort(descending=True).values[:, :100]).all()


@needs_packed
def test_the_worst_error_of_rounding_is_within_the_bound(packed):
    """Features halfway between two numbers of bfloat16, all rounded the same way."""
    vectors = WordVectors(torch.full((2_000, 64), 127, dtype=torch.int8), torch.full((2_000,), 0.01))
    layer = OutputLayer(vectors, torch.zeros(2_000))
    features = torch.full((1, 64), 1 + 2**-8 - 2**-20)
    exact = features @ vectors.whole.T
    error = (layer._product.logits(features, torch.zeros(2_000)) - exact).abs().max()
    assert 0.3 * layer._product.error(features) < error <= layer._product.error(features)


def test_without_the_packed_product_all_is_float32(packed, monkeypatch):
    vectors = stored_vectors(3_000, 64)
    with monkeypatch.context() as changed:
        changed.delattr(torch, "_weight_int8pack_mm")
        assert OutputLayer(vectors, torch.zeros(3_000)).precision == "fp32"
    with monkeypatch.context() as changed:
        changed.setattr(torch, "_weight_int8pack_mm", lambda x, values, ones: 1.1 * x @ values.bfloat16().T)
        assert OutputLayer(vectors, torch.zeros(3_000)).precision == "fp32"
    assert OutputLayer(stored_vectors(3_000, 60), torch.zeros(3_000)).precision == "fp32"
    assert OutputLayer(stored_vectors(900, 64), torch.zeros(900)).precision == "fp32"


def test_a_processor_with_integer_products_reads_the_numbers_as_they_are_stored(monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_vnni_supported", lambda: True)
    vectors = stored_vectors(5_000, 64)
    whole = vectors.values.float() * vectors.scale[:, None]
    features, bias = torch.randn(3, 64), torch.randn(5_000)
    stored, widened = (OutputLayer(v, bias) for v in (vectors, WordVectors(whole)))
    assert torch.equal(stored.logits(features), widened.logits(features))
    assert "whole" not in vars(vectors)


# --- over a text ----------------------------------------------------------------------------------------------------


@needs_int8
def test_over_a_text_stored_vectors_are_multiplied_as_exactly_as_in_float32(weights):
    weight, bias, features = weights
    stored = compact({"embedding.weight": weight})
    vectors = WordVectors(stored["embedding.weight"], stored["embedding.scale"])
    layer = TextOutput(vectors, bias)
    assert layer.precision == "int8"
    found, exact = layer.logits(features), features @ vectors.whole.T + bias
    # Each feature is rounded to one of 127 · 254 steps.
    most = features.abs().max() / (127 * 254) / 2 * vectors.whole.abs().sum(dim=1)
    assert ((found - exact).abs() <= most + 1e-4).all()
    assert not torch.equal(found, exact)
    torch.testing.assert_close(layer.logits(torch.zeros(2, 64)), bias.expand(2, -1))


@pytest.mark.parametrize(
    ("width", "scaled", "precision"), [(64, False, "auto"), (64, True, "fp32"), (520, True, "auto")]
)
def test_over_a_text_other_vectors_are_multiplied_in_float32(width, scaled, precision):
    """Those that are no whole numbers, those too wide for sums of 32 bits, and those for which it is asked."""
    weight, bias = torch.linspace(-1, 1, 50 * width).reshape(50, width), torch.linspace(-1, 1, 50)
    stored = compact({"embedding.weight": weight})
    vectors = WordVectors(stored["embedding.weight"], stored["embedding.scale"]) if scaled else WordVectors(weight)
    layer = TextOutput(vectors, bias, precision)
    assert layer.precision == "fp32"
    features = torch.linspace(-2, 2, 3 * width).reshape(3, width)
    torch.testing.assert_close(layer.logits(features), features @ vectors.whole.T + bias)


@needs_int8
def test_around_targets_logits_and_high_ranks_are_exact():
    torch.manual_seed(0)
    words = 40_000
    stored = compact({"embedding.weight": torch.randn(words, 64) * torch.rand(words, 1)})
    vectors = WordVectors(stored["embedding.weight"], stored["embedding.scale"])
    bias, features = torch.randn(words), torch.randn(200, 64) / 4
    layer = TextOutput(vectors, bias)
    exact = features @ vectors.whole.T + bias
    order = exact.argsort(dim=1, descending=True)
    # Targets of all ranks, high ones above all
    ranks = torch.cat((torch.arange(10).repeat(15), torch.randint(10, words, (50,))))
    targets = order.gather(1, ranks[:, None])[:, 0]
    found = layer.logits_around(features, targets)
    own = found.gather(1, targets[:, None])
    torch.testing.assert_close(own, exact.gather(1, targets[:, None]))
    assert torch.equal((found > own).sum(dim=1)[ranks < 10], ranks[ranks < 10])
    errors = (found - exact).abs()
    assert 0 < errors.mean() < 0.01 < errors.max(), "most logits are nearly exact only"
    assert (found.logsumexp(1) - exact.logsumexp(1)).mean().abs() < 1e-3
    # As far as they are not exact, ranks are nearly right.
    low = ranks >= 10
    nearly = (found > own).sum(dim=1)[low] / ranks[low]
    assert ((nearly - 1).abs() < 0.05).all()


@needs_int8
def test_around_targets_all_is_exact_with_few_words_or_in_float32(weights):
    weight, bias, features = weights
    stored = compact({"embedding.weight": weight})
    vectors = WordVectors(stored["embedding.weight"], stored["embedding.scale"])
    targets = torch.zeros(len(features), dtype=torch.int64)
    for precision in ("auto", "fp32"):
        layer = TextOutput(vectors, bias, precision)
        assert torch.equal(layer.logits_around(features, targets), layer.logits(features))


@needs_int8
def test_the_largest_sums_fit_into_32_bits():
    vectors = WordVectors(torch.full((1, 512), 127, dtype=torch.int8), torch.tensor([1.0]))
    found = TextOutput(vectors, torch.zeros(1)).logits(torch.tensor([[5.0], [-5.0]]).expand(2, 512))
    torch.testing.assert_close(found, torch.tensor([[5.0], [-5.0]]) * 127 * 512)
