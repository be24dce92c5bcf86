"""The area of people: the table of contacts, bulk work on them, and the profile of one."""
