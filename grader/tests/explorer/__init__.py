"""What proves the explorer: an oracle, litmus shapes, random programs, a corpus of algorithms."""
