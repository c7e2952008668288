"""Selling: bindings over actions over rules."""
