"""Outgoing webhooks: other programs are told what happened here, in the words of one of the dialects.

`types` and `rules` say what an endpoint and a delivery are and when a delivery is tried again; `forms` is the table of
the dialects that tell (each registers its words, headers and time-out); `enqueueing` reads the log of facts and makes
deliveries of them; `claims` takes due ones and stores what became of them; `posting` is one request; `actions` and
`queries` are for the doors. The loops are in `workers`; webhooks that come in are `incoming_webhooks`.
"""
