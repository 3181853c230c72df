"""The Python twins of the magics: the same session, the same objects."""
