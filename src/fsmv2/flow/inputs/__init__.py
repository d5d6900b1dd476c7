"""Where flows read: a package for each protocol."""
