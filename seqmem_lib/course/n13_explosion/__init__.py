"""Notebook 13: when a gradient explodes, and what repairs it without gates."""
