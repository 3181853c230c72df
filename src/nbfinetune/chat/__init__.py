"""Anything that answers messages, and tables of their answers."""
