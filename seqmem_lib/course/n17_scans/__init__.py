"""Notebook 17: what came after recurrent networks, and recurrences that a scan can compute."""
