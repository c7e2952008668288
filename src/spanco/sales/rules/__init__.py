"""What Spanco decides for sellers: same input, same answer, with reasons."""
