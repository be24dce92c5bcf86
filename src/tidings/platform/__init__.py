"""Platform: what has no business noun — database, facts, jobs, clock, crypto, errors, the outbound HTTP client.

Features stand on it; it imports nothing of ours but `tidings.settings`.
"""
