"""What every dialect stands on: route tables, calls and answers, field declarations, OpenAPI. Knows no noun of ours.

A dialect gives a `Dialect` (prefix, routes, how it reads parameters, whom it lets in, how its errors look); `mount`
makes an ASGI app of it. See docs/adding-an-endpoint.md.
"""
