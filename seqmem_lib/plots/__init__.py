"""Figures from what was recorded and measured: axes in, axes out; nothing here runs a model."""
