"""Holding a data set's folder against what is published of it."""
