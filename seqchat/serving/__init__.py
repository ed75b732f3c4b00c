"""The resident engine: a private socket for commands, HTTP for other programs, and a language server for editors."""
