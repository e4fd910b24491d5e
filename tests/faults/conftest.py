"""Certificates for the listeners that are harmed here."""

from tests.registration.listener.conftest import pki_directory, start

__all__ = ["pki_directory", "start"]
