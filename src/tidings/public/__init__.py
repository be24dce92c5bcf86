"""Public: what recipients reach — pixel, links, leaving, preferences, confirmation, web view. No login, no tracking of
its own, no script.

`app` finds the route, `hits` answers pixel and links, `pages` the rest; templates are here. Proofs are `tracking.tokens`'.
"""
