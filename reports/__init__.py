"""Floor 4: what a reader sees. Records in; tables, figures and pages out. Needs neither models nor data sets."""
