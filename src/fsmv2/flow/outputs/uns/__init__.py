"""Output into the Unified Namespace: subjects, shared connections, publishing with acks."""
