"""What we keep, in PostgreSQL."""
