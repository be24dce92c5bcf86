"""Reports: numbers over what the other features hold. Reads only.

`campaigns` for one campaign, `contacts` for one person and for growth, `dashboard` for the whole installation.
"""
