"""Notebook 08: what you can build from a recurrent layer."""
