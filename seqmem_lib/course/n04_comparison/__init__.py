"""Notebook 04: which is best, RNN, LSTM or GRU."""
