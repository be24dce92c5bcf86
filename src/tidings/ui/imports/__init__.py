"""The area of imports: upload, columns, options, progress, result."""
