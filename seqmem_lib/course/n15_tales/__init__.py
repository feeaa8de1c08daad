"""Notebook 15: which tales about gates are true."""
