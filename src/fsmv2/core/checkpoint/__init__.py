"""The whole state of a core: taken as data, restored as a core that decides the same."""
