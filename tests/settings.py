"""Settings for the tests: fixed keys, the database named by TEST_DATABASE (sqlite or a URL)."""

import os
import tempfile

# Keys that open nothing: they exist so that the tests need no first run.
os.environ.setdefault("SECRET_KEY", "tests-only")
os.environ.setdefault("FIELD_KEYS", "bm90LWEtc2VjcmV0LW5vdC1hLXNlY3JldC1ub3QtYS0=")
os.environ.setdefault("CODE_DIGEST_KEY", "tests-only")
os.environ.setdefault("SMS_BACKEND", "memory")
os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="iotconsole-tests-"))

from iotconsole.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
