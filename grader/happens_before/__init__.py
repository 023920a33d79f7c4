"""Happens-Before: a workbook on concurrency, and the machine that grades it."""

VERSION = "0.1.0"
