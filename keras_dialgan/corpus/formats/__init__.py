"""Readers of the formats in which dialogue corpora come."""
