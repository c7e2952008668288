"""What Spanco does for sellers: load, ask a rule, write through operations."""
