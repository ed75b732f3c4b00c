"""Files become records: a module for each kind of file."""
