"""The HTTP surface: from a request to its answer."""
