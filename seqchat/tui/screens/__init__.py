"""Screens: the workspace, and dialogs over it, one in each file."""
