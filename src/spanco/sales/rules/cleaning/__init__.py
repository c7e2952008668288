"""What is meant by what was typed: each function takes any text, never raises, and says nothing where it is unsure."""
