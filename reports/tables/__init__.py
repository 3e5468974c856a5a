"""Tables of a report: each module registers one with `TABLES.register(order)`."""
