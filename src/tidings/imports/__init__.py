"""Imports of contacts from CSV files: upload, sniffing, mapping, the resumable run, the rows it refused.

`sniffing` looks at a file, `mapping` at its header, `reading` cuts it into chunks, `staging` turns rows into records,
`merging` puts a chunk of records into the database, `running` does so until the file ends. What a contact is, and the
rules of its values, stands in `contacts`; uploads over HTTP are the interface's and the dialects'.
"""
