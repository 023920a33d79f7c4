"""Answers that resemble each other."""
