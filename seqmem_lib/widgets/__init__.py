"""Pictures that move in any page, with or without a kernel. Each has its script beside it."""
