"""Automations: what begins them, the steps that contacts go through, and who is where.

`rules` decides (next step, waits, goals, branches), `triggers` turns facts into runs, `running` moves runs on in sets,
`steps` is what each kind of step does, `saving` replaces a graph, `actions` are the writes of people, `queries` reads.
Mails leave as messages of a standing mailing (`campaigns.standing`); the loop is in `workers`.
"""
