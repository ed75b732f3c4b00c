"""Composing: letters that are open at the cursor become Chinese in parts; keys in, edits out."""
