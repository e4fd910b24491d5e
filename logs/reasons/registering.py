"""Why a request for dynamic registration was accepted or refused."""

from django.utils.translation import gettext_noop as _

from logs.reasons.reason import CLOSED, PARAMETER_ERROR, UNPROVEN, HttpAnswer, Reason, ReasonFacts
from protocol import mqtt

REGISTERING = (
    ReasonFacts(
        Reason.BAD_PARAMETERS,
        "460",
        _("Request parameter error"),
        _("A required parameter is missing or malformed."),
        _(
            "Compare the clientId, username and parameters under Details with what the SDK "
            "documents."
        ),
        registration_connack=mqtt.CONNACK_IDENTIFIER,
        connection_connack=mqtt.CONNACK_IDENTIFIER,
        http=PARAMETER_ERROR,
    ),
    ReasonFacts(
        Reason.NO_TLS,
        "460",
        _("Registration without TLS"),
        _("The answer carries a secret, so dynamic registration is answered over TLS only."),
        _("Point the device at the TLS port and give it this server's CA certificate."),
        registration_connack=mqtt.CONNACK_IDENTIFIER,
        http=PARAMETER_ERROR,
    ),
    ReasonFacts(
        Reason.UNSUPPORTED_SIGN_METHOD,
        "6292",
        _("Unsupported signmethod"),
        _("The device signed with a method other than hmacmd5, hmacsha1 or hmacsha256."),
        _("Set one of the three methods in the firmware."),
        registration_connack=mqtt.CONNACK_IDENTIFIER,
        connection_connack=mqtt.CONNACK_IDENTIFIER,
        http=HttpAnswer(6292, "signMethod is not supported"),
    ),
    ReasonFacts(
        Reason.PRODUCT_NOT_FOUND,
        "6250",
        _("Product not found"),
        _("No product has this ProductKey."),
        _("Check the ProductKey in the firmware, or create the product here with that key."),
        http=UNPROVEN,
    ),
    ReasonFacts(
        Reason.BAD_SIGNATURE,
        "6600",
        _("Signature check failed"),
        _("The signature was not made with this product's ProductSecret over the parameters sent."),
        _(
            "Check the ProductSecret in the firmware, and that deviceName, productKey and random "
            "are signed in that order."
        ),
        http=UNPROVEN,
    ),
    ReasonFacts(
        Reason.DYNAMIC_REGISTRATION_OFF,
        "6288",
        _("Dynamic Registration is off"),
        _("The product does not accept new devices at the moment."),
        _("To let this device in, turn on Dynamic Registration on Product Details."),
        http=CLOSED,
    ),
    ReasonFacts(
        Reason.WINDOW_CLOSED,
        "6288",
        _("Registration window has closed"),
        _("Dynamic Registration was open until a time that has passed. It closed automatically."),
        _("To let this device in, open it again on Product Details."),
        http=CLOSED,
    ),
    ReasonFacts(
        Reason.BUDGET_USED_UP,
        "6288",
        _("Registration budget is used up"),
        _("The budget of this registration window is used up. It closed automatically."),
        _(
            "If you expected more devices, open it again on Product Details. If not, "
            "somebody else has the product certificate: follow “Secret leaked?” there."
        ),
        http=CLOSED,
    ),
    ReasonFacts(
        Reason.NAME_NOT_ALLOWED,
        "Window",
        _("DeviceName is not allowed"),
        _(
            "The registration window is open only to DeviceNames that match a pattern. This"
            " one does not."
        ),
        _("If the device is genuine, change the pattern on Product Details."),
        http=CLOSED,
    ),
    ReasonFacts(
        Reason.NAME_NOT_CARRIED,
        "Broker",
        _("The broker does not support this DeviceName"),
        _(
            "The data connections of this product are carried by RabbitMQ, where a dot or colon "
            "in a DeviceName would mix up devices."
        ),
        _("Give the device another DeviceName, or the product another broker."),
        http=CLOSED,
    ),
    ReasonFacts(
        Reason.NETWORK_NOT_ALLOWED,
        "Window",
        _("Source network is not allowed"),
        _(
            "The registration window is open only to certain networks. This address is in "
            "none of them."
        ),
        _(
            "If the device is genuine, add its network on Product Details. If not, somebody "
            "elsewhere has the product certificate."
        ),
        http=CLOSED,
    ),
    ReasonFacts(
        Reason.MODE_NOT_ALLOWED,
        "Window",
        _("This way of registering is not allowed"),
        _("The registration window is open only to the other authType: register or regnwl."),
        _("If the firmware is right, allow its authType on Product Details."),
        http=CLOSED,
    ),
    ReasonFacts(
        Reason.REGISTRATION_REFUSED,
        "6288",
        _("Registration under this DeviceName is blocked"),
        _(
            "After Switch or Clear, an operator blocked new registrations under this "
            "DeviceName, so that clones cannot register again."
        ),
        _("Allow registration again on Device Details if this device is genuine."),
        http=CLOSED,
    ),
    ReasonFacts(
        Reason.DEVICE_NOT_FOUND,
        "6100",
        _("Device not found"),
        _("Pre-registration needs the DeviceName to exist before the device asks."),
        _("Add the device with exactly this DeviceName, then let it try again."),
        http=HttpAnswer(6100, "device not found"),
    ),
    ReasonFacts(
        Reason.DEVICE_DISABLED,
        "6204",
        _("Device is disabled"),
        _("An operator disabled this device."),
        _("Enable it on Device Details."),
        http=HttpAnswer(6204, "device is disabled"),
    ),
    ReasonFacts(
        Reason.ALREADY_ACTIVATED,
        "6289",
        _("Device already activated"),
        _("One device certificate activates one physical device, and this one has been used."),
        _(
            "If the device lost its secret, Reset it. If the hardware was replaced, delete "
            "the device and add the DeviceName again. If neither, somebody has the product "
            "certificate."
        ),
        http=HttpAnswer(6289, "device is already activated"),
    ),
    ReasonFacts(
        Reason.CLIENT_ID_LIMIT,
        "Limit",
        _("Five ClientIDs are in use"),
        _("A DeviceName has room for five physical devices, and all five ClientIDs are in use."),
        _("Open Device Details: keep one with Switch, or block all with Clear."),
    ),
    ReasonFacts(
        Reason.SLOT_RECLAIMED,
        "200",
        _("Success, an unused ClientID was blocked"),
        _(
            "All five ClientIDs were in use. The oldest had never connected, so it was "
            "blocked and its slot went to this device."
        ),
    ),
)
