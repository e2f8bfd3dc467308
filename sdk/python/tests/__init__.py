"""Tests against a small server of our own."""
