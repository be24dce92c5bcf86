"""Companies: who they are, who belongs to them, what is noted about them.

`queries` read, `actions` write companies, `members` attach contacts and keep the primary company right, `notes` are
the notes about a company. Definitions of custom fields are `contacts.actions.catalog`'s with the subject 'company';
reading companies from a file is `imports.companies`'.
"""
