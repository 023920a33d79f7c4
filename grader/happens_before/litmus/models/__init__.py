"""Memory models by brute force, for tiny programs: RC11's axioms, interleaving, and x86-TSO.

They share nothing with the explorer, so the tests hold it against them; and they draw what it allows.
"""
