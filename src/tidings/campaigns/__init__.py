"""Campaigns: what is written, to whom, when; the life from draft to finished.

`rules` holds the one table of states, `actions` writes, `drawing` turns an audience into messages, `queries` reads.
Delivery is `messages`' business, choosing people `segments`', numbers `reports`'.
"""
