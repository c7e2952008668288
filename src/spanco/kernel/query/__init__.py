"""One query tree, the ways to write it, and the two that answer it."""
