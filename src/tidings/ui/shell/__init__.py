"""What every area stands on: the visit, the guard, rendering, forms, tables, words, assets. No page lives here."""
