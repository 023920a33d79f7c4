"""Packages for platforms that grade by themselves: the workbook, and a script that the platform runs."""
