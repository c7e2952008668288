"""What happens beside the requests: events are matched with hubs, delivered, and in the end forgotten."""
