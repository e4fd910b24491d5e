"""Taking everything the database holds to another place: a backup, or another database.

Rows travel as the database keeps them (secrets stay encrypted, times are not renewed), in a form
that is the same on SQLite and on PostgreSQL, so that the two can be compared row by row.
"""


class CopyError(Exception):
    """It was not done, and nothing is changed; the text says why and holds no content of a row."""
