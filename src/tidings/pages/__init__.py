"""Landing pages: built of blocks or HTML, published under a short address, with a form whose people join a list.

`types` says what a page is, `rules` checks drafts and cleans HTML, `rendering` makes the document, `actions` keeps pages
and counts, `queries` reads them. The form on a page is one of `forms`; the public address is `public.landing`'s.
"""
