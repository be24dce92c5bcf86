"""Segments: one rule tree for every filter of every door, and one compiler that turns it into SQL.

`types` is the tree, `fields` the closed sets of columns and operators, `compiler` the SQL, `days` the borders of days in
the installation's zone, `indexes` what makes custom fields fast, `queries` and `actions` counting and saved segments.
How a dialect writes its filters down lives in that dialect; drawing recipients lives in `campaigns`.
"""
