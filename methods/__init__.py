"""Floor 2: what is compared. Knows tensors, not files; of `benchmarks/` it imports `batch`, `common` and sentence drawing."""
