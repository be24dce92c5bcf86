"""The blocking clients, made of `_async` by `generate.py`: change them there."""
