"""The FluenzR dialect at /v1: bearer keys, opaque prefixed ids, a success envelope (spec fluenzr.md)."""
