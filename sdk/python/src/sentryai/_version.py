"""The package's version."""

from importlib.metadata import version

VERSION = version("sentryai")
