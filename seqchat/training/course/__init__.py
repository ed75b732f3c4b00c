"""The course of a run, in files that anyone may look at while it trains: what is written, read, and asked of it."""
