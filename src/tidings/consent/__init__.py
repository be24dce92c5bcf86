"""Consent: leaving and coming back, the ledger of it, and addresses that must never be mailed again.

The pages on which people decide are `public`'s; a status itself is `contacts`'.
"""
