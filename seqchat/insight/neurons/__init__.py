"""Single neurons: their activations over a text, where they are highest, and what they track."""
