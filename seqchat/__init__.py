"""seqchat: type with a recurrent language model in the terminal, and see it think."""

__version__ = "0.1.0"
