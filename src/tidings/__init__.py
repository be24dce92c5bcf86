"""Tidings: self-hosted e-mail marketing; the inside speaks the trade's words, each dialect translates at the door."""

__version__ = "0.1.0"
