"""The screen of a run of training: its curves, and what its network does at each report."""
