"""The version of this package, which the User-Agent names."""

VERSION = "0.1.0"
