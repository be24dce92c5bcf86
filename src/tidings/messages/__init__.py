"""Messages: one row per person and mailing, the accounts they leave through, and what became of them.

`rules` holds the table of states, `claims` takes work and stores outcomes, `mailing` loads what a campaign's mails are
made of, `accounts` keeps mail accounts, `preview` shows a mail as it will be, `links` mails a link that somebody asked
for. `transports` talk to the outside.
The loop that drives it is `workers.sender`.
"""
