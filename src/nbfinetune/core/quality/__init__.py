"""What is in a dataset, in figures; how good it looks."""
