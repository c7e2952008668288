"""What is decided about deliveries: when to try again, how a hub fares, how an event is signed."""
