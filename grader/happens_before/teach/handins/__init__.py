"""Hand-ins: who is in the class, and whose each submission is."""
