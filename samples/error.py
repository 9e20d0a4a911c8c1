"""The one error of the samples: what happened, where, and what to do."""


class SampleError(Exception):
    """Sample data could not be had, made or served.

    >>> print(SampleError("the port is taken", where="127.0.0.1:8765", hint="use another"))
    the port is taken
      where: 127.0.0.1:8765
      hint:  use another
    """

    def __init__(self, what: str, *, where: str, hint: str) -> None:
        self.what, self.where, self.hint = what, where, hint
        super().__init__(f"{what}\n  where: {where}\n  hint:  {hint}")
