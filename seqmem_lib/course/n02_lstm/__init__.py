"""Notebook 02: what the gates of an LSTM do."""
