"""Smart links: short addresses that count clicks, give and take tags and lists, and lead on."""
