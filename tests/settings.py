"""Settings for the tests and for `manage.py` during development: fixed keys, a throw-away DATA_DIR.

TEST_DATABASE is `sqlite` (a file, because threads and processes share it), `postgres` (a server
that tests/conftest.py starts), or the DATABASE_URL of a server of one's own.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path


def _temporary_data_dir() -> str:
    directory = tempfile.mkdtemp(prefix="iotconsole-tests-")
    creator = os.getpid()

    def remove() -> None:
        # A forked child runs this too, and must leave its parent's data alone.
        if os.getpid() == creator:
            shutil.rmtree(directory, ignore_errors=True)

    atexit.register(remove)
    return directory


# Keys that open nothing: they exist so that the tests need no first run.
os.environ.setdefault("SECRET_KEY", "tests-only")
os.environ.setdefault("FIELD_KEYS", "bm90LWEtc2VjcmV0LW5vdC1hLXNlY3JldC1ub3QtYS0=")
os.environ.setdefault("CODE_DIGEST_KEY", "tests-only-too")
os.environ.setdefault("SMS_BACKEND", "memory")
# Child processes inherit it, and with it the database. Only the workers of pytest-xdist, which run
# different tests at the same time, have one each.
_worker = os.environ.get("PYTEST_XDIST_WORKER", "")
if "DATA_DIR" not in os.environ or os.environ.get("DATA_DIR_OF_WORKER", "") != _worker:
    os.environ |= {"DATA_DIR": _temporary_data_dir(), "DATA_DIR_OF_WORKER": _worker}

TEST_DATABASE = os.environ.get("TEST_DATABASE", "sqlite")
_URLS = {
    "sqlite": f"sqlite:///{Path(os.environ['DATA_DIR']).resolve() / 'iotconsole.sqlite3'}",
    "postgres": "postgres://postgres@/iotconsole",  # tests/conftest.py adds where it listens
}
os.environ["DATABASE_URL"] = _URLS.get(TEST_DATABASE, TEST_DATABASE)

from iotconsole.settings import *  # noqa: E402, F403
from iotconsole.settings import BASE_DIR, DATA_DIR, DATABASES, env  # noqa: E402

if TEST_DATABASE == "sqlite":
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}

# Python of the environment that holds the unmodified Link SDK (`make .venv-linkkit` builds it).
# Not resolved: the symbolic link is what makes it the environment's Python.
LINKKIT_PYTHON = BASE_DIR / env.text("LINKKIT_PYTHON", default=".venv-linkkit/bin/python")
# The same of the unmodified API client of the cloud.
CLOUDSDK_PYTHON = BASE_DIR / env.text("CLOUDSDK_PYTHON", default=".venv-cloudsdk/bin/python")

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Static files straight from their sources: nothing has been collected.
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
