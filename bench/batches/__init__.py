"""How long a list of 100,000 devices takes, and how much memory."""
