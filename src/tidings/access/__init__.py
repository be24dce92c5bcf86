"""Access: users, roles and permissions, sessions, API keys of the three dialects, the audit book.

`rules` decides who may what, `actions` lets in and changes, `queries` lists. Rate windows are `platform.limits`'.
"""
