"""`teach`: what an instructor does: grade a class, export its marks, release the workbook."""

from __future__ import annotations

import click


@click.group()
def teach() -> None:
    """For instructors: grade a class, export its marks, make the students' edition."""
