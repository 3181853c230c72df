"""Values to HTML, SVG and text: pure functions, everything escaped, no widgets, no state."""
