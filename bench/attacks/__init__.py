"""The effect of attacks on well-behaved devices."""
