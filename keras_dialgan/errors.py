"""Errors that a user can mend."""


class UserError(Exception):
    """A mistake in the input, the settings or the files of a run.

    The message names the file, line or key, the value found and the remedy.
    Scripts print it without a traceback and exit with code 1.
    """
