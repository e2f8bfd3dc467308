"""Tests against a real SENTRY server."""
