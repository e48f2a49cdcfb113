"""Models in training: one interface for the networks of all families, with their input, symbols and files."""
