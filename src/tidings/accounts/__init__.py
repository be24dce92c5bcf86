"""Contacts of the people who have an account here: made at sign-up, kept alike, tagged by role, deleted with it.

Accounts themselves are `access`, which tells of what happens to them by a job; what is done then is `jobs`, what is
wanted is `types`.
"""
