"""The FluentCRM dialect at /wp-json/fluent-crm/v2: Basic auth, PHP parameters, WordPress errors, Laravel pages.

`dialect` tells the engine how it speaks, `wire` holds its scalar habits, `envelope` its pages, one module per resource
holds the rows of the route table (`ROUTES`) and their few lines. The whole table is put together in `table`.
"""
