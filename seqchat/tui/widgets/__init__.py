"""One widget in each file, with its stylesheet next to it."""
