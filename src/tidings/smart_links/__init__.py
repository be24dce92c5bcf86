"""Smart links: short addresses that lead on, count clicks, and change tags and lists of the contact who follows them.

`types` and `rules` say what a link is, `actions` keeps links and takes clicks, `queries` reads them with their counts. The
public address is `public.smart_links`'.
"""
