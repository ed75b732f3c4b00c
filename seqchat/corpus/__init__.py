"""Text comes in: sources → dialogs → words → ids."""
