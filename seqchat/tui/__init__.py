"""The Textual app: screens and widgets, and no model arithmetic."""
