"""The capture mailbox: what would have left, to be looked at."""
