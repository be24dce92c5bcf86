"""Campaigns on the web: list, the steps of writing one, progress, report."""
