"""The server that a good developer writes in an afternoon, to be measured against."""
