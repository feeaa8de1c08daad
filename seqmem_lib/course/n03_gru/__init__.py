"""Notebook 03: what a GRU can do with one gate less."""
