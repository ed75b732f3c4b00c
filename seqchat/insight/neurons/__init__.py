"""Single neurons: their course over a text, where they are high, and what they track."""
