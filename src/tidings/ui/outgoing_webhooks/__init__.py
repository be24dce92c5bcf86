"""Outgoing webhooks in the settings: endpoints, their secrets, what they were told."""
