"""Forms of web pages: made from a template, edited field by field, put into a site, and what people sent."""
