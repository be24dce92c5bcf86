"""Patterns: pieces of mails with a category, put into mails as a copy, or by reference where every mail is to follow a change.

A reference is the comment `<!-- wp:block {"ref":7} /-->` of block editors; `queries.with_patterns` puts the piece in its place.
"""
