"""Renderers: a report in, text out. A renderer knows nothing of judges."""
