"""What good devices feel of those who mean harm."""
