"""Notebook 11: how to train a network well, and what to check when the loss does not go down."""
