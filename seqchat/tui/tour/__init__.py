"""The lessons: ten pages on recurrent networks, each with a text to edit and what a network makes of it."""
