"""The folder of a model: its format, and the names of its files."""

# What reads another one says so.
FORMAT = 1
CONFIG, VOCABULARY, WEIGHTS, NGRAMS = "config.json", "vocabulary.txt", "model.safetensors", "ngrams.safetensors"
CARD, TRAINING = "README.md", "training"
