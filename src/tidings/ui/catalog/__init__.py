"""The area of what contacts are sorted into: lists, tags, custom fields."""
