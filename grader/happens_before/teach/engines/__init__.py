"""Engines: who works through a batch's items. Adding one is a file here and a line in ENGINES."""

from __future__ import annotations

from happens_before.teach.engines.base import Engine
from happens_before.teach.engines.local import LocalEngine
from happens_before.teach.engines.slurm import SlurmEngine

ENGINES: dict[str, type[Engine]] = {"local": LocalEngine, "slurm": SlurmEngine}
