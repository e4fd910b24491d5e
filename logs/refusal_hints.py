"""Hints about a refusal beyond its reason: the mistake that explains it.

Keys come from protocol.diagnose and registration.operations.refusal_diagnosis. `%(name)s` is the
name that a hint points to, where it points to one.
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

HINTS: dict[str, Promise] = {
    # --- another key ----------------------------------------------------------------------
    "key_product_secret": _(
        "It was signed with the ProductSecret; a connection is signed with the DeviceSecret."
    ),
    "key_other_product_secret": _(
        "It was signed with the ProductSecret of another product: the firmware or its certificate "
        "belongs to that one."
    ),
    "key_device_secret": _(
        "It was signed with the DeviceSecret; a registration is signed with the ProductSecret."
    ),
    "key_other_device_secret": _(
        "It was signed with the DeviceSecret of the device of this name under another product."
    ),
    # --- the right key, misspelt ----------------------------------------------------------
    "secret_newline": _("The secret ended with a line break when it was used as the key."),
    "secret_space": _("The secret had a space around it when it was used as the key."),
    "secret_case": _("Upper and lower case of the secret were changed."),
    "secret_quotes": _("The secret was used with the quotation marks around it."),
    "secret_cut": _("The secret lacked its first or last character."),
    "secret_decoded": _(
        "The secret was decoded from hex before it was used; its characters themselves are the key."
    ),
    # --- other content --------------------------------------------------------------------
    "order": _("The fields were signed in another order: they are sorted by their names."),
    "random_missing": _("random was not signed."),
    "deviceName_missing": _("deviceName was not signed."),
    "productKey_missing": _("productKey was not signed."),
    "clientId_missing": _("clientId was not signed."),
    "timestamp_missing": _("timestamp was sent but not signed."),
    "timestamp_not_sent": _("timestamp was signed but not sent."),
    "clientId_signed": _("clientId was signed too; it is not part of a registration's signature."),
    "clientId_other": _(
        "The signed clientId differs from the one sent in front of the parameters."
    ),
    "clientId_whole": _(
        "The whole clientId was signed; only the part before its first | belongs in the signature."
    ),
    "names_case": _(
        "The names of the fields were signed in lower case; they are deviceName, productKey, …"
    ),
    "device_name_case": _("The DeviceName was signed in other upper and lower case than sent."),
    "product_key_case": _("The ProductKey was signed in other upper and lower case than sent."),
    "names_swapped": _("DeviceName and ProductKey are swapped in the signature."),
    "separators": _("Separators were signed between the fields; they follow without any."),
    "values_only": _("Only the values were signed; each follows its name."),
    "content_end": _("A line break, space or NUL byte was signed after the last field."),
    # --- other method or form -------------------------------------------------------------
    "method_hmacmd5": _("It was signed with hmacmd5, but signmethod names another method."),
    "method_hmacsha1": _("It was signed with hmacsha1, but signmethod names another method."),
    "method_hmacsha256": _("It was signed with hmacsha256, but signmethod names another method."),
    "not_keyed": _("It is a plain digest, made without a secret."),
    "password_padded": _("The signature is right, but has other characters around it."),
    "password_cut": _("The signature is right, but its end is missing."),
    "password_base64": _("The signature is right, but written in Base64; it is written in hex."),
    # --- DeviceTokens ---------------------------------------------------------------------
    "token_padded": _("The DeviceToken is right, but has other characters around it."),
    "token_of_other_client_id": _(
        "The DeviceToken belongs to another ClientID: the two are issued and stored as a pair."
    ),
    "token_is_signature": _(
        "The password looks like a signature, while the parameters (authType=connwl or "
        "securemode=-2) announce a DeviceToken."
    ),
    "token_is_device_secret": _("The DeviceSecret was sent where the DeviceToken belongs."),
    "password_is_secret": _(
        "The secret itself was sent as the password; the password is a signature made with it."
    ),
    "password_is_token": _(
        "A DeviceToken was sent where a signature is expected: authType=connwl is missing among "
        "the parameters."
    ),
    "client_id_of_other_device": _("This ClientID was issued to the DeviceName %(name)s."),
    "client_id_unknown": _(
        "This ClientID does not exist: it was never issued here, or its device was deleted."
    ),
    "token_wrong": _("The ClientID exists, but the DeviceToken is not the one issued with it."),
    # --- names ----------------------------------------------------------------------------
    "product_nearest": _("There is a product with a similar ProductKey: %(name)s."),
    "device_nearest": _("There is a device with a similar DeviceName: %(name)s."),
    "device_elsewhere": _("A device of this name exists under another product."),
    "device_needs_register": _(
        "This DeviceName was created by registration (preregistration-free). Use authType=regnwl."
    ),
    # --- nothing found --------------------------------------------------------------------
    "unexplained": _(
        "None of the usual mistakes explains this signature. The secret is probably another one: "
        "compare its first and last characters."
    ),
    "not_examined": _(
        "Only a few equal refusals are examined per minute. An earlier entry of this device has "
        "the details."
    ),
}


def hints_of(detail: Mapping[str, str]) -> list[str]:
    """The hints of a log entry in words; one of another release may be unknown by now."""
    name = {"name": detail.get("nearest", "")}
    return [str(HINTS[key]) % name for key in detail.get("hints", "").split() if key in HINTS]
