"""What the core and its runtime say to each other: events in, instructions out, settings."""
