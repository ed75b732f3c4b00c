"""The network, and nothing about text or screens."""
