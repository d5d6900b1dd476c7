"""Any process, supervised: the worker, and what the kernel knows of processes."""
