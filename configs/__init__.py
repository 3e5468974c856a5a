"""Settings as data: methods, benchmarks, schedules and suites in mmengine's text style."""
