"""Faults of every kind on a service of three instances while clients write; see docs/testing.md."""
