"""Where flows publish, and to what they write: a package for each protocol."""
