"""Dynamic ensemble selection: weights that differ from row to row."""
