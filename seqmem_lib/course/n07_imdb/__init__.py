"""Notebook 07: what it takes to read 50,000 film reviews."""
