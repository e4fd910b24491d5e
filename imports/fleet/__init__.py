"""Moving a fleet in: what files and answers of the cloud say, and how it fits what is here."""
