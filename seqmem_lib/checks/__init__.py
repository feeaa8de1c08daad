"""What the check cell under an exercise calls: one module for each notebook."""
