"""A dataset while it is edited."""
