"""The three REST dialects, strangers to one another, each thin by construction over `_engine` and the features.

An `if` on business state in here is a bug: it belongs to the feature below.
"""
