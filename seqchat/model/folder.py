"""The folder of a model: its format, and the names of its files."""

# The format that is written; `migration` reads older ones.
FORMAT = 2
CONFIG, VOCABULARY, WEIGHTS, NGRAMS = "config.json", "vocabulary.txt", "model.safetensors", "ngrams.safetensors"
# Words of its own that a model offers besides those of its vocabulary
LEXICON = "lexicon.safetensors"
CARD, TRAINING = "README.md", "training"
