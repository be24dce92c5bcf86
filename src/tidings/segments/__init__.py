"""Segments: one rule tree for every filter of every dialect, and one compiler that turns it into SQL.

Counting, listing, drawing, bulk actions and conditions use the same compiled text. Parsing a dialect's spelling into
the tree is the dialect's business.
"""
