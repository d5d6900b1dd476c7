"""One rule a file, named after it; each is handed a tree and a supervisor, and can run neither."""
