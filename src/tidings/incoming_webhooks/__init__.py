"""Incoming webhooks: addresses to which other programs post contacts.

`types` and `rules` say what a webhook is and how a sender's JSON becomes ours, `actions` keeps webhooks and takes in what
is posted, `queries` reads them. The public address is `public.incoming`'s; those that go out are `outgoing_webhooks`.
"""
