"""Whether a failed transaction is the database's trouble, which then does no other one either.

That it still answers questions proves nothing: with its disk full it does.
"""

# Classes of SQLSTATE: the connection, resources (the disk among them), shutdown, input and output.
_CLASSES = ("08", "53", "57", "58")
# A server that has become a standby.
_READ_ONLY = "25006"
# Though of class 57, it is about one statement.
_CANCELLED = "57014"
# What SQLite says about its files; a lock (SQLITE_BUSY) is somebody else's transaction.
_FILES = (
    *("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY"),
    *("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_NOMEM", "SQLITE_PROTOCOL"),
)


def is_the_databases(error: BaseException) -> bool:
    """By the database's own code, for which Django's exception has none."""
    state: str = getattr(error.__cause__, "sqlstate", None) or ""
    name: str = getattr(error.__cause__, "sqlite_errorname", None) or ""
    if state == _CANCELLED:
        return False
    return state == _READ_ONLY or state.startswith(_CLASSES) or name.startswith(_FILES)
