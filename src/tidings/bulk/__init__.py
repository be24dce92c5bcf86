"""One change for everybody a rule matches: at once for a few contacts, as a job in sets for any number.

What a change is stands in `types`, how it is applied to a set in `applying`, the job in `jobs`. What the changes do is
the features' below: contacts, companies, confirmation mails.
"""
