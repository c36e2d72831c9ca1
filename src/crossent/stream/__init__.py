"""Labels and predictions in files and in memory, read in blocks."""
