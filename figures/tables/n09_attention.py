"""The experiments of notebook 09 without a recurrent layer. `make results` runs them; measure.py says how."""

EXPERIMENTS = {}
