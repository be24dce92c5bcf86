"""The asyncio clients. `_sync` is made of these files by `generate.py`: change them here."""
