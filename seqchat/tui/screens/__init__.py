"""What covers the whole screen: the place of work, and dialogs over it; one a file."""
