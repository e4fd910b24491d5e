"""Devices by the ten thousand: what an uploaded file says, and what is wrong with it."""
