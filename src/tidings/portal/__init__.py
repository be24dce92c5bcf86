"""The portal of contacts: who comes in by a link of single use, and what a person may see there.

`rules` says what its address may be, `actions` lets in and out, `queries` says who is there and which mails they got.
Tickets are `tracking.portal_tickets`', pages are `public.portal`'s. A session of the portal is none of the team's.
"""
