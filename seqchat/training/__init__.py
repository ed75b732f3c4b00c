"""The training loop, its settings, and how runs are resumed."""
