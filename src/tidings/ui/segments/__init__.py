"""Saved segments: the table, and the builder with its live count. What a rule means is `tidings.segments`."""
