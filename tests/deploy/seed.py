"""python -m tests.deploy.seed: what an operator has done before the tests begin. Prints JSON.

Runs in the environment of the site: its database, its keys.
"""

import json
import sys

import django

PASSWORD = "correct horse battery"
PHONE = "+8613812341234"
NAMES = tuple(f"meter-{number:02}" for number in range(20))


def main() -> None:
    django.setup()
    from django.utils import timezone

    from operators.actor import SHELL
    from operators.models import AccessKeyScope, Operator, Role
    from operators.operations.access_keys import create_access_key
    from products.models import DataConnections

    Operator.objects.create_user(
        "chen",
        password=PASSWORD,
        role=Role.OPERATOR,
        phone=PHONE,
        phone_verified_at=timezone.now(),
    )
    key = create_access_key(SHELL, "back end", AccessKeyScope.EVERYTHING)
    seeded = {
        "carried": _product("Carried", DataConnections.RABBITMQ),
        "kept": _product("KeptHere", DataConnections.SERVER),
        "access_key": {"id": key.access_key_id, "secret": key.secret},
    }
    sys.stdout.write(json.dumps(seeded))


def _product(name: str, carrier: str) -> dict[str, str]:
    """Open for registration, with devices of all NAMES."""
    from devices.operations.add import add_device
    from operators.actor import SHELL
    from products.models import Product
    from products.operations.manage import create_product

    product = create_product(SHELL, name, data_connections=carrier)
    Product.objects.filter(pk=product.pk).update(dynamic_registration=True)
    for device_name in NAMES:
        add_device(SHELL, product.product_key, device_name)
    return {"product_key": product.product_key, "product_secret": product.product_secret}


if __name__ == "__main__":
    main()
