"""Patterns on the web: the table, and one with its preview."""
