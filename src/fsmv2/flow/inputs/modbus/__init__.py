"""Modbus TCP input: what to read in one request, what the registers mean, reading, reconnecting."""
