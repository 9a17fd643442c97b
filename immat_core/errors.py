"""The exceptions that cross from the core to its callers: a user's mistake, a cancelled job."""


class UserError(Exception):
    """Something a user can mend, said in one sentence, with the way to mend it.

    The command line prints it on one line and exits with 2; Blender shows it with ``report``.
    Everything else that is raised is a bug.
    """

    def __init__(self, what: str, fix: str = "") -> None:
        """
        Parameters
        ----------
        what
            What is wrong, naming the file or value; no closing full stop.
        fix
            What to do about it; no closing full stop. May be empty.
        """
        super().__init__(f"{what}. {fix}" if fix else what)
        self.what = what
        self.fix = fix


class Cancelled(Exception):  # noqa: N818 - it is a request that was met, not an error
    """A job was asked to stop and did; the caller leaves everything as it was."""
