"""Reports: numbers over what the other features hold. Reads only.

`campaigns` for one campaign, `delivery` for what of it did not arrive, `contacts` for one person, `dashboard` for the
whole installation, `overview` for campaigns side by side, `warnings` for what its owner should do; `search` finds
across the features, `export` writes contacts to a file.
"""
