from tests.pki import pki_directory, server_tls

__all__ = ["pki_directory", "server_tls"]
