"""From texts to numbers, and a classifier that reads them."""
