"""Data sets that are read from folders: how names read, how a split lies on disk, what is wrong with it."""
