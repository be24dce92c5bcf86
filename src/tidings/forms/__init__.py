"""Forms by which people join from a web page.

`types` says what a form is, `rules` holds the templates and checks answers, `actions` keeps forms and takes submissions,
`queries` reads both. The page and the script that sites embed are `public.forms`'.
"""
