"""Notebook 05: what `nn.LSTM` hides: layers, directions and shapes."""
