"""ipywidgets: wiring only."""
