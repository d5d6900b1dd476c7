"""What lies around a simulated tree: what its workers look at and act on."""

from __future__ import annotations


class Surroundings:
    """Made anew for each run, and handed to the workers by whoever makes the tree.

    It outlives a crash of the program that supervises. Override what applies; nothing here waits.
    """

    def trouble(self, path: str, *, now: float, seconds: float, number: int) -> str:
        """Have something around the worker at `path` fail for `seconds`; says what, or nothing.

        `now` in virtual seconds. `number` is drawn: it chooses where there is a choice.
        """
        return ""

    def crashed(self) -> None:
        """The program was killed: what lived inside it is gone, what ran beside it runs on."""

    def calm(self) -> None:
        """From here nothing fails, and what failed is well again."""
