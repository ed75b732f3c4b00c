"""Failures that a person can act on."""


class SeqchatError(Exception):
    """Something the user can mend; the message is one sentence that says what and how.

    The command line prints the message and exits with status 1, without a traceback.
    """
