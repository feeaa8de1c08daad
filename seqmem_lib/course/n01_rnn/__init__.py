"""Notebook 01: how a vanilla RNN remembers, and why it forgets."""
