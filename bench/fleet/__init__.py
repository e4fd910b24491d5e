"""How long moving 100,000 devices in takes, and how much memory."""
