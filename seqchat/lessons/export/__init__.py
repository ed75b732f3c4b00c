"""Lessons as pages in HTML: each is complete in itself, and works offline."""
