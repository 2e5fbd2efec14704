"""`StartupError`: why a process cannot start, in one line for whoever started it."""


class StartupError(Exception):
    """Something outside the code keeps the process from starting.

    The message is one clear line: what is wrong, and what to do about it.
    """
