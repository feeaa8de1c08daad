"""Tasks that need memory: what they draw, and how an answer is judged."""
