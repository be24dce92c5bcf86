"""Automations: the table, one automation as a flow with its steps in drawers, and the people inside."""
