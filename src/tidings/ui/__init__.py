"""The web interface: server-rendered pages with htmx. It shows what queries return and passes forms to actions.

Here: handlers, form parsing, templates, the look. Never here: SQL, rules of the business, sending. Each area is a folder
with `pages.py` (a list `ROUTES`) and `templates/`; `shell` holds what all areas stand on. How to add one:
docs/adding-a-screen.md.
"""
