"""The area of companies: the table, the page of one with its contacts and notes, and the card in a contact's profile."""
