"""Notebook 12: bugs that raise no error, and the tests that find them."""
