"""Notebook 16: what a character model remembers."""
