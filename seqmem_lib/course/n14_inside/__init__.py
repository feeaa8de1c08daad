"""Notebook 14: what a network that remembers has learned."""
