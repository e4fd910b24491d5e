from pathlib import Path

from django.test import Client

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB/zCC+Q==\nAAAA\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"


def test_anybody_may_fetch_the_public_certificate(client: Client, ca_file: Path) -> None:
    ca_file.write_text(CERTIFICATE)
    response = client.get("/ca.pem")
    assert (response.status_code, response.content.decode()) == (200, CERTIFICATE)
    assert 'filename="ca.pem"' in response.headers["Content-Disposition"]


def test_nothing_but_certificates_leaves_the_file(client: Client, ca_file: Path) -> None:
    ca_file.write_text(f"a note\n{KEY}{CERTIFICATE}{KEY}{CERTIFICATE}")
    assert client.get("/ca.pem").content.decode() == CERTIFICATE * 2


def test_without_a_certificate_there_is_no_page(client: Client, ca_file: Path) -> None:
    assert client.get("/ca.pem").status_code == 404
    ca_file.write_text(KEY)
    assert client.get("/ca.pem").status_code == 404
