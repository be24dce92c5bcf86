"""The first run: administrator, business, sender."""
