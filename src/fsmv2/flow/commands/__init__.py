"""From the namespace to a device: commands, what refuses them, their execution, their answers."""
