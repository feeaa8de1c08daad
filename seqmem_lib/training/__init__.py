"""Models, where they start, and how they are trained."""
