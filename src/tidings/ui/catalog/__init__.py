"""Lists with their groups, tags, and the definitions of custom fields."""
