"""Who asks, and what they may do: actors, bearer tokens and the policy."""
