"""Imports of CSV files: being laid."""
