"""Coming in and going out: login, logout."""
