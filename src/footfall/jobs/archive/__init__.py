"""Archives: months of raw events as Parquet files, which anybody reads without us."""
