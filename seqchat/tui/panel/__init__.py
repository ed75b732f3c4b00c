"""What the panel of gates shows, line by line: plain modules that know no widget."""
