"""What a person may ask of us about their data: everything that is known as a file, and erasure.

`collecting` reads it, `documents` makes the file, `erasing` takes it away, `links` lets people ask for themselves by
a mailed link. The jobs are in `jobs`. A feature that stores something about a contact is named here too.
"""
