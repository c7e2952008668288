"""Which records are about the same person or organization: evidence, keys to find it by, weights, and a verdict."""
