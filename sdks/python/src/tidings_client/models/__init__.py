"""What the dialects answer, as typed records."""
