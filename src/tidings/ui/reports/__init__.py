"""Reports of a range of days on the web; the report of one campaign is in `campaigns`."""
