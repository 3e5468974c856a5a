"""Floor 3: how methods are compared. Suites, runs, ranking, profiling, records, the command line."""

__version__ = "0.1.0"
