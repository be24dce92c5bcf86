"""The first page after login: numbers, growth, what is running, what is left to set up."""
