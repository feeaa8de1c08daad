"""Notebook 11: how to train a network well, and the bug museum."""
