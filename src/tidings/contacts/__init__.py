"""Contacts: people, their lists, tags, custom fields, notes and labels, and the rules that keep their statuses honest.

`types` says what a contact is, `rules` decides without a database, `queries` reads, `actions` writes (one function, one
transaction, facts in it). Files of people come in through `imports`; who may be mailed again after an opt-out is
`consent`'s; choosing many contacts by a rule is `segments`'.
"""
