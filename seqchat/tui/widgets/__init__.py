"""One widget a file, its stylesheet beside it."""
