"""Settings: one module per section, all behind `pages.ROUTES`."""
