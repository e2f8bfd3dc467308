"""Exceptions as texts."""

from __future__ import annotations

import traceback


def describe(error: BaseException) -> str:
    """Its type and what it says, as the last line of a traceback."""
    return "".join(traceback.format_exception_only(type(error), error)).strip()


def format_stack(error: BaseException) -> str:
    """The full traceback, causes included, also when the `except` block is long over.

    Of an exception that was never raised: the stack of the caller, two calls up.
    """
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    if error.__traceback__ is None:
        caller = traceback.format_stack()[:-2]
        lines = ["Never raised; captured at (most recent call last):\n", *caller, *lines]
    return "".join(lines)
