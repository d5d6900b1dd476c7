"""Secrets: values that only their user sees, everywhere else a token.

vault        from a token to its value
secret_file  a file that holds one
redaction    a secret found in a text, and replaced
"""
