"""The language server: suggestions in editors."""
