"""The pipeline: stages that contacts go through, where each stands now, and the log of every move.

`rules` checks stages without a database, `actions` makes, orders and removes stages and moves contacts, `people` writes
contacts together with their consent and stage, `queries` reads the board and the numbers that come of the log.
"""
