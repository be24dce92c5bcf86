"""The console for the three interfaces: a reference to search, and requests to try. For everybody, logged in or not."""
