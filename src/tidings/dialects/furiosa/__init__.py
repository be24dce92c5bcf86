"""The Furiosa dialect at /api/v1: bearer keys with scopes, audiences, strict bodies, plain pages (spec furiosa.md)."""
