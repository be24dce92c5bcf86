"""Content: a mail is compiled once per campaign version and joined per person.

`codes` knows what may be said about a person, `parse` finds it in a text, `html` dresses the body and numbers its
links, `mime` makes constant byte segments and slots of it, `compiler` puts them together, `checks` looks for faults.
Everything in here is pure; loading a campaign and sending it is `messages`'.
"""
