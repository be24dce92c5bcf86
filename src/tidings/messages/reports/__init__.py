"""What mail services post when a mail came back: their words, read into `messages.bounces.Report`.

`wordings` holds one row or function per service, `sns` opens the envelopes of Amazon's notifications, `fields` finds
values in strange JSON, `receiving` is the one way in from an address that a service was given.
"""
