"""Notebook 06: why the LSTM won on forty reviews."""
