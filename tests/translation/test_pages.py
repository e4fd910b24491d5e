"""Every page speaks one language: nothing English in Chinese ones but names, and the reverse."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse
from django.utils import translation

from operators.models import Operator
from products.models import Product
from tests.console.dom import tree
from tests.console.pages import every_page
from tests.console.seed import Fleet
from tests.translation.names import NAMES
from tests.translation.reading import CJK, english, narrow_punctuation, said

# Who and what the seeded console is about.
DATA = {
    "chen",
    "Chen",
    "Ceiling",
    "Lamp",
    "lamp",
    "lin-mei",
    "meter",
    "sdk-c",
    "lamps.csv",
    "fleet.csv",
    "Colour",
    "production-line",
    "billing",
    "erp",
    "In",
    "use",
}
DATA |= {"tlh", "Mars"}


@pytest.fixture
def everything(fleet: Fleet, settings: LazySettings) -> dict[str, str]:
    settings.SMS_BACKEND = "console"  # gives the development page
    return {
        **every_page(fleet.lamp, fleet.cloned),
        "no-page": "/nowhere/",
        "no-product": "/products/a1Unknown00/",
        "no-device": fleet.lamp.get_absolute_url() + "devices/none/",
        "logs-of-nobody": "/logs/?device=nobody-1",
    }


def speak(operator: Operator, language: str) -> None:
    Operator.objects.filter(pk=operator.pk).update(language=language)


def test_chinese_pages_hold_no_english(
    console: Client, chen: Operator, everything: dict[str, str]
) -> None:
    speak(chen, "zh-hans")
    found = {name: _english(console.get(path)) for name, path in everything.items()}
    assert {name: words for name, words in found.items() if words} == {}


def test_english_pages_hold_no_chinese(
    console: Client, chen: Operator, everything: dict[str, str]
) -> None:
    speak(chen, "en")
    for name, path in everything.items():
        for text in said(tree(console.get(path))):
            assert not CJK.search(text), f"{name}: {text}"


def test_the_chinese_sign_in_page_holds_no_english(client: Client, db: None) -> None:
    client.cookies["django_language"] = "zh-hans"
    page = reverse("operators:sign_in")
    assert _english(client.get(page)) == set()
    assert _english(client.post(page, {})) == set()
    assert _english(client.post(page, {"username": "nobody", "password": "wrong"})) == set()


def test_chinese_answers_to_wrong_input_hold_no_english(
    console: Client, chen: Operator, fleet: Fleet
) -> None:
    speak(chen, "zh-hans")
    here = fleet.lamp.get_absolute_url()
    tried: dict[str, dict[str, str]] = {
        reverse("products:create"): {"name": "x", "node_type": "9"},
        here + "edit/": {"name": "!"},
        reverse("devices:add"): {"product": "none", "device_name": "x", "nickname": "x"},
        reverse("imports:import_add"): {"product_key": "!"},
        reverse("operators:create_access_key"): {"name": "x" * 65, "scope": "9"},
        reverse("operators:phone"): {"number": "12", "current_password": "wrong"},
        reverse("operators:password"): {"old_password": "a", "new_password1": "12345678"},
        reverse("operators:preferences"): {"language": "tlh", "time_zone": "Mars"},
        here + "dynamic-registration/?to=off": {"action": "confirm", "code": "12"},
    }
    found = {path: _english(console.post(path, data)) for path, data in tried.items()}
    assert {path: words for path, words in found.items() if words} == {}


def test_stored_words_are_told_in_the_readers_language(console: Client, chen: Operator) -> None:
    speak(chen, "zh-hans")
    console.post(reverse("products:create"), {**PRODUCT, "name": "Smart_Lamp"})
    trail = tree(console.get(reverse("operators:audit")))
    assert "创建产品“Smart_Lamp”" in " ".join(said(trail))
    with translation.override("en"):
        speak(chen, "en")
        trail = tree(console.get(reverse("operators:audit")))
        assert "Created product Smart_Lamp" in " ".join(said(trail))


PRODUCT = {
    "node_type": "0",
    "net_type": "WIFI",
    "data_format": "1",
    "description": "",
    "data_connections": "server",
}


def _english(response: Any) -> set[str]:
    assert response.headers["Content-Language"] == "zh-hans"
    keys = Product.objects.values_list("product_key", flat=True)
    people = Operator.objects.values_list("username", flat=True)
    page = tree(response)
    words = set(english(page)) - NAMES - DATA - {*keys, *people}
    return words | set(narrow_punctuation(page))
