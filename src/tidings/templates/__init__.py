"""Templates of mails: content that is kept under a name and copied into campaigns; and patterns, pieces of mails.

`types` says what a template is, `rules` checks one, `actions` keeps templates, `queries` reads them, `files` makes and takes
JSON files of them, `gallery` brings ready-made ones. A template has no tie to what was made of it. `patterns` has its own rooms.
"""
