"""From a file, a cell or Python objects to checked rows."""
