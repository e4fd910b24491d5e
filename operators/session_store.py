"""Where web sessions are kept: Django's table, under a digest of the session key.

Whoever holds a session key is signed in. The table is in every dump and backup of the database, so
it holds what can be compared with the key of a browser, and cannot be made one.
"""

import hashlib

from asgiref.sync import sync_to_async
from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession
from django.contrib.sessions.models import Session
from django.utils import timezone

# The column has forty characters. 160 bits of a random key of 165 need no key of their own.
_DIGITS = 40


def digest_of(session_key: str) -> str:
    """Return what the table has in place of this key."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:_DIGITS]


class SessionStore(db.SessionStore):
    """As Django's, but for what it writes into and looks for in the column `session_key`."""

    def _get_session_from_db(self) -> Session | None:
        if self.session_key is not None:
            alive = Session.objects.filter(expire_date__gt=timezone.now())
            if row := alive.filter(session_key=digest_of(self.session_key)).first():
                return row
        self._session_key = None
        return None

    def exists(self, session_key: str) -> bool:
        return super().exists(digest_of(session_key))

    def create_model_instance(self, data: dict[str, object]) -> AbstractBaseSession:
        row = super().create_model_instance(data)
        row.session_key = digest_of(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            super().delete(digest_of(key))

    # Django's own would use the key itself.
    async def _aget_session_from_db(self) -> Session | None:
        return await sync_to_async(self._get_session_from_db)()

    async def aexists(self, session_key: str) -> bool:
        return await sync_to_async(self.exists)(session_key)

    async def acreate_model_instance(self, data: dict[str, object]) -> AbstractBaseSession:
        return await sync_to_async(self.create_model_instance)(data)

    async def adelete(self, session_key: str | None = None) -> None:
        await sync_to_async(self.delete)(session_key)
