"""The training loop, its settings, and going on after a stop."""
