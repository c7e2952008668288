"""Who is told of what: hubs, deliveries, dead letters, replays."""
