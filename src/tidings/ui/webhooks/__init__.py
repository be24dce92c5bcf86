"""Incoming webhooks: addresses that other programs post contacts to, with what they give and how their names are read."""
