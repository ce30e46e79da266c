"""Numbers of the settings."""


def no_truth(value: object) -> object:
    """A value that is not true or false: Python takes true for the number 1.

    Raises:
        ValueError: It is one of them.
    """
    if isinstance(value, bool):
        raise ValueError("should be a number")
    return value
