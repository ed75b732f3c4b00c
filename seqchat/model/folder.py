"""The folder of a model: its format, and the names of its files."""

# The format that is written; `migration` reads older ones.
FORMAT = 2
CONFIG, VOCABULARY, WEIGHTS, NGRAMS = "config.json", "vocabulary.txt", "model.safetensors", "ngrams.safetensors"
# Words of its own that a model offers besides those of its vocabulary
LEXICON = "lexicon.safetensors"
CARD, TRAINING = "README.md", "training"
# A model that goes on from others has their n-grams too.
MAX_NGRAM_MODELS = 4
# No configuration is larger.
MAX_CONFIG_BYTES = 10_000_000


def ngram_files(count: int) -> list[str]:
    """Return the names of the files of this many n-gram models, in the order in which they are mixed in."""
    return [NGRAMS, *(NGRAMS.replace(".", f"-{number}.") for number in range(2, count + 1))][:count]
