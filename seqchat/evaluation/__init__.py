"""How good a model is: perplexity, top-k."""
