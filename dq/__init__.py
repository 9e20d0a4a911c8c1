"""dq: data quality and ETL for teams that train models."""
