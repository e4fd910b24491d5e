import pytest
from django.test import Client

from common.errors import NotFoundError
from operators.actor import SHELL
from operators.models import AuditEntry
from products.operations.reveal import reveal_product_secret
from tests.console.dom import attribute, by_id, swap, text, tree
from tests.console.fixtures import htmx
from tests.console.seed import Fleet


def test_htmx_gets_the_secret_in_its_place(console: Client, fleet: Fleet) -> None:
    url = fleet.lamp.get_absolute_url()
    page = tree(console.get(url))
    answer = console.post(f"{url}secret/", headers=htmx("secret"))
    assert b"<html" not in answer.content
    swap(page, tree(answer), "secret")
    assert fleet.lamp.product_secret in text(by_id(page, "secret"))


def test_without_htmx_the_whole_page_comes_with_the_secret(console: Client, fleet: Fleet) -> None:
    response = console.post(fleet.lamp.get_absolute_url() + "secret/")
    assert fleet.lamp.product_secret in text(by_id(tree(response), "secret"))
    assert "Product Information" in text(by_id(tree(response), "main"))


def test_the_programs_get_the_secret_filled_in(console: Client, fleet: Fleet) -> None:
    url, secret = fleet.lamp.get_absolute_url(), fleet.lamp.product_secret
    before = console.get(f"{url}connect/").content.decode()
    assert secret not in before
    answer = console.post(f"{url}secret/", {"tab": "connect"}, headers=htmx("snippets"))
    for program in ("c", "python", "simulator"):
        assert secret in text(by_id(tree(answer), f"code-{program}"))


def test_no_cache_keeps_the_secret(console: Client, fleet: Fleet) -> None:
    response = console.post(fleet.lamp.get_absolute_url() + "secret/")
    assert "no-store" in response.headers["Cache-Control"]


def test_looking_is_audited_without_the_secret(console: Client, fleet: Fleet) -> None:
    console.post(fleet.lamp.get_absolute_url() + "secret/")
    entry = AuditEntry.objects.get(act="product.reveal")
    assert (str(entry.operator), entry.target) == ("chen", fleet.lamp.target)
    assert not AuditEntry.objects.filter(summary__contains=fleet.lamp.product_secret).exists()


def test_a_product_that_is_gone_reveals_nothing(db: None) -> None:
    with pytest.raises(NotFoundError):
        reveal_product_secret(SHELL, "a1NoSuchKey")
    assert not AuditEntry.objects.exists()


def test_the_form_posts_to_a_url_without_the_secret(console: Client, fleet: Fleet) -> None:
    page = tree(console.get(fleet.lamp.get_absolute_url()))
    form = next(c for c in by_id(page, "secret").children if getattr(c, "name", "") == "form")
    assert attribute(form, "action") == fleet.lamp.get_absolute_url() + "secret/"
