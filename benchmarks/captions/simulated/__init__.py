"""Annotators of the embedded benchmarks, where the truth is known, so that what they say can be held against it."""
