"""The folder of a model: its format, and the names of its files."""

# The format that is written; `migration` reads older ones.
FORMAT = 2
CONFIG, VOCABULARY, WEIGHTS, NGRAMS = "config.json", "vocabulary.txt", "model.safetensors", "ngrams.safetensors"
CARD, TRAINING = "README.md", "training"
