"""What the TMF630 guidelines mean: functions from values to values, no I/O."""
