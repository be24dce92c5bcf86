"""Tracking: addresses with proof in them, hits as they come in, and what a projector makes of them.

`tokens` makes and reads the public addresses, `machines` knows scanners, `collector` commits hits in groups,
`projector` folds them into messages, contacts and facts. The pages behind the addresses are `public`'s.
"""
