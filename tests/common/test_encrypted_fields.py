"""Secrets at rest: ciphertext in the database, plain text nowhere else than in the attribute."""

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError
from django.db import connection
from pytest_django import Settings

from common.crypto.encrypted_fields import DecryptionError, decrypt, encrypt
from products.models import Product

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
PLAIN = "Sixteen-letters!"


def stored(product: Product) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT product_secret FROM products_product WHERE id = %s", [product.pk])
        value: str = cursor.fetchone()[0]
        return value


@pytest.mark.django_db
def test_what_is_saved_is_read_back_and_stored_as_ciphertext() -> None:
    product = Product.objects.create(name="Lamp", product_secret=PLAIN)
    assert Product.objects.get().product_secret == PLAIN
    assert PLAIN not in stored(product)
    assert decrypt(stored(product)) == PLAIN


@pytest.mark.django_db
def test_equal_secrets_do_not_look_equal_in_the_database() -> None:
    one = Product.objects.create(name="One", product_secret=PLAIN)
    two = Product.objects.create(name="Two", product_secret=PLAIN)
    assert stored(one) != stored(two)


@pytest.mark.django_db
def test_a_secret_is_in_no_representation() -> None:
    product = Product.objects.create(name="Lamp", product_secret=PLAIN)
    assert PLAIN not in f"{product!r} {product} {Product.objects.all()!r}"


@pytest.mark.django_db
def test_a_secret_cannot_be_searched_for() -> None:
    """Every encryption differs: SQL would find nothing, and silently."""
    with pytest.raises(FieldError, match="Unsupported lookup 'exact'"):
        Product.objects.filter(product_secret=PLAIN)
    assert not Product.objects.filter(product_secret__isnull=True).exists()


def test_rotation_reads_the_old_key_and_writes_the_new(settings: Settings) -> None:
    settings.FIELD_KEYS = [OLD]
    before = encrypt(PLAIN)
    settings.FIELD_KEYS = [NEW, OLD]
    assert decrypt(before) == PLAIN
    after = encrypt(PLAIN)
    settings.FIELD_KEYS = [NEW]
    assert decrypt(after) == PLAIN


@pytest.mark.django_db
def test_a_key_that_does_not_fit_raises_and_shows_nothing(settings: Settings) -> None:
    settings.FIELD_KEYS = [OLD]
    product = Product.objects.create(name="Lamp", product_secret=PLAIN)
    ciphertext = stored(product)
    settings.FIELD_KEYS = [NEW]
    with pytest.raises(DecryptionError) as raised:
        Product.objects.get()
    assert "FIELD_KEYS" in str(raised.value)
    assert ciphertext not in str(raised.value)


@pytest.mark.parametrize("damage", ["", "plain text", "é", "2.", "2.AAAAAAAA", "2.é", "gAAAAA"])
def test_what_is_no_ciphertext_raises(damage: str) -> None:
    with pytest.raises(DecryptionError):
        decrypt(damage)


def test_a_ciphertext_with_any_character_changed_or_cut_off_raises() -> None:
    sealed = encrypt(PLAIN)
    for place, character in enumerate(sealed):
        # Differs in the first bits of a Base64 digit: the last ones of the last digit mean nothing.
        other = "z" if "A" <= character <= "P" else "A"
        changed = sealed[:place] + other + sealed[place + 1 :]
        with pytest.raises(DecryptionError):
            decrypt(changed)
        with pytest.raises(DecryptionError):
            decrypt(sealed[:place])


def test_a_ciphertext_is_printable_names_its_key_and_never_repeats(settings: Settings) -> None:
    settings.FIELD_KEYS = [OLD, NEW]
    of_old = {encrypt(PLAIN) for _ in range(50)}
    settings.FIELD_KEYS = [NEW, OLD]
    assert len(of_old) == 50
    assert all(sealed.isascii() and sealed.isprintable() for sealed in of_old)
    assert {sealed[:10] for sealed in of_old}.isdisjoint({encrypt(PLAIN)[:10]})
    assert len({sealed[:10] for sealed in of_old}) == 1


@pytest.mark.parametrize("plain", ["", "x", "密钥", "x" * 100_000])
def test_any_text_comes_back(plain: str) -> None:
    assert decrypt(encrypt(plain)) == plain


def test_what_earlier_versions_wrote_is_read(settings: Settings) -> None:
    """They wrote Fernet tokens, with the same keys."""
    settings.FIELD_KEYS = [NEW, OLD]
    for key in (OLD, NEW):
        assert decrypt(Fernet(key).encrypt(PLAIN.encode()).decode()) == PLAIN
    settings.FIELD_KEYS = [NEW]
    with pytest.raises(DecryptionError):
        decrypt(Fernet(OLD).encrypt(PLAIN.encode()).decode())
