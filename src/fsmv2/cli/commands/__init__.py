"""The commands, one file each, named as its verb."""
