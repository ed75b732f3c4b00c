"""What happens at a keystroke: text → states → suggestions and continuations."""
