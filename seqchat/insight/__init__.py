"""What the model is doing, as numbers."""
