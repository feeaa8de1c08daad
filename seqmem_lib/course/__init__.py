"""What single notebooks need: a room for each, with the checks of its exercises, and the tables of results."""
