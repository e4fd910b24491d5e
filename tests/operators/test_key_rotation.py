"""SECRET_KEY and CODE_DIGEST_KEY are changed like FIELD_KEYS: the new one in front of the old."""

import pytest
from django.conf import LazySettings
from django.test import Client

from common.errors import OperationError
from operators.models import BackupCodeDevice, Operator, Role, SignedIn
from operators.operations import invitations
from operators.operations.backup_codes import normalised, renew
from operators.session_store import digest_of
from tests.operators.people import PASSWORD, actor, step_up

pytestmark = pytest.mark.django_db
NEW = "a-key-that-has-never-been-used-before"


def rotate(settings: LazySettings) -> None:
    """As `SECRET_KEY=new,old` and `CODE_DIGEST_KEY=new,old` at the next start."""
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = NEW
    settings.CODE_DIGEST_KEY_FALLBACKS = [settings.CODE_DIGEST_KEY]
    settings.CODE_DIGEST_KEY = NEW + "-2"


def forget_the_old_ones(settings: LazySettings) -> None:
    settings.SECRET_KEY_FALLBACKS = settings.CODE_DIGEST_KEY_FALLBACKS = []


def signed_in(name: str) -> Client:
    client = Client()
    client.post("/sign-in/", {"username": name, "password": PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return client.get("/settings/sessions/").status_code == 200


def test_who_works_on_meanwhile_stays_signed_in(chen: Operator, settings: LazySettings) -> None:
    client = signed_in("chen")
    rotate(settings)
    assert is_in(client)
    forget_the_old_ones(settings)
    assert is_in(client)
    # The session got another key with the new proof, and is still listed as this one.
    assert SignedIn.objects.get().session_key == digest_of(client.cookies["sessionid"].value)


def test_who_was_not_there_meanwhile_signs_in_anew(chen: Operator, settings: LazySettings) -> None:
    client = signed_in("chen")
    rotate(settings)
    forget_the_old_ones(settings)
    assert not is_in(client)


def test_backup_codes_are_good_until_the_old_key_goes(
    chen: Operator, settings: LazySettings
) -> None:
    first, second, *_ = map(normalised, renew(actor(chen), chen, step_up(chen)))
    device = BackupCodeDevice.objects.get()
    rotate(settings)
    assert device.verify_token(first)
    assert not device.verify_token(first)
    forget_the_old_ones(settings)
    device.throttle_reset()
    assert not device.verify_token(second)


def test_invitations_are_good_until_the_old_key_goes(
    chen: Operator, settings: LazySettings
) -> None:
    codes = [invitations.invite(actor(chen), name, Role.VIEWER)[1] for name in ("lin", "wu")]
    rotate(settings)
    invitations.accept(codes[0], "Lin", "a wholly new one", None)
    forget_the_old_ones(settings)
    with pytest.raises(OperationError):
        invitations.accept(codes[1], "Wu", "a wholly new one", None)


def test_new_codes_need_the_new_key_only(chen: Operator, settings: LazySettings) -> None:
    rotate(settings)
    [code, *_] = map(normalised, renew(actor(chen), chen, step_up(chen)))
    forget_the_old_ones(settings)
    assert BackupCodeDevice.objects.get().verify_token(code)
