"""Why a connection began, was refused, or ended; and what it was not allowed to do."""

from django.utils.translation import gettext_noop as _

from logs.reasons.reason import CLOSED, HttpAnswer, Reason, ReasonFacts
from protocol import mqtt

CONNECTING = (
    ReasonFacts(
        Reason.UNKNOWN_DEVICE,
        "6100",
        _("Device not found"),
        _("No device of this product has this DeviceName."),
        _("Check ProductKey and DeviceName; the device may have been deleted."),
    ),
    ReasonFacts(
        Reason.BAD_CREDENTIAL,
        "6600",
        _("Credential check failed"),
        _(
            "The signature was not made with this device's DeviceSecret, or the DeviceToken is "
            "wrong."
        ),
        _("Let the device register again, or burn in the credential shown on Device Details."),
    ),
    ReasonFacts(
        Reason.CLIENT_ID_VOID,
        "403",
        _("ClientID is blocked"),
        _(
            "Switch or Clear blocked this ClientID, or it never connected and its slot went"
            " to another device."
        ),
        _("If the device is genuine, allow registration and let it register for a new ClientID."),
    ),
    ReasonFacts(
        Reason.SECRET_BLOCKED,
        "403",
        _("DeviceSecret is blocked"),
        _(
            "Switch or Clear blocked every device except the one kept; this one connects "
            "with the DeviceSecret."
        ),
        _("Reset the device to unblock its DeviceSecret."),
        http=CLOSED,
    ),
    ReasonFacts(
        Reason.KEEPALIVE_OUT_OF_RANGE,
        "460",
        _("Keepalive out of range"),
        _("A connection needs a keepalive of 30 to 1200 seconds."),
        _("Set the keepalive in the firmware."),
        connection_connack=mqtt.CONNACK_IDENTIFIER,
    ),
    ReasonFacts(
        Reason.REGISTRATION_AT_BROKER,
        "460",
        _("Registration at a broker"),
        _(
            "A broker carries data connections only. This server's own listeners answer "
            "registrations."
        ),
        _(
            "Let the proxy in front of the broker send clientIds with authType=register or "
            "authType=regnwl to the listeners (docs/brokers.md)."
        ),
    ),
    ReasonFacts(
        Reason.DATA_CONNECTIONS_ELSEWHERE,
        "Broker",
        _("Data connections are elsewhere"),
        _("The broker that sent this request does not carry the data connections of this product."),
        _("Choose the broker under Data Connections when you edit the product."),
    ),
    ReasonFacts(
        Reason.TOO_MANY_FAILURES,
        "429",
        _("Too many refused attempts"),
        _(
            "Too many attempts from this address, or for this product or device, were "
            "refused in the last minute. For a while, what failed before is refused unread,"
            " and other refusals are not logged one by one. Valid credentials are still "
            "accepted."
        ),
        _("First find out what keeps failing. The limits are settings (FAILURES_PER_…)."),
        http=HttpAnswer(429, "too many requests"),
    ),
    ReasonFacts(
        Reason.SERVER_ERROR,
        "500",
        _("Server error"),
        _("The server could not answer and told the device to try again later."),
        _("See the server's own log at this time."),
        registration_connack=mqtt.CONNACK_UNAVAILABLE,
        connection_connack=mqtt.CONNACK_UNAVAILABLE,
        http=HttpAnswer(500, "system error"),
    ),
    ReasonFacts(Reason.ONLINE, "200", _("Online"), _("The device connected.")),
    ReasonFacts(
        Reason.ACTIVATED,
        "200",
        _("Online, activated"),
        _("The device connected for the first time."),
    ),
    ReasonFacts(
        Reason.DEVICE_DISCONNECT,
        "200",
        _("Device disconnect"),
        _("The device closed the connection."),
    ),
    ReasonFacts(
        Reason.CONNECTION_LOST, "400", _("Connection lost"), _("The connection ended unexpectedly.")
    ),
    ReasonFacts(
        Reason.KEEPALIVE_TIMEOUT,
        "400",
        _("Keepalive timeout"),
        _("Nothing arrived for one and a half times the keepalive."),
    ),
    ReasonFacts(
        Reason.TAKEOVER,
        "400",
        _("Kicked by the same device"),
        _("Another connection was made with the same identity."),
        _("If this repeats, two physical devices share one credential."),
    ),
    ReasonFacts(
        Reason.SWITCH, "400", _("Disconnected by Switch"), _("An operator kept another ClientID.")
    ),
    ReasonFacts(
        Reason.CLEAR, "400", _("Disconnected by Clear"), _("An operator blocked every ClientID.")
    ),
    ReasonFacts(
        Reason.DISABLE, "400", _("Disconnected by Disable"), _("An operator disabled the device.")
    ),
    ReasonFacts(
        Reason.DELETE, "400", _("Disconnected by Delete"), _("An operator deleted the device.")
    ),
    ReasonFacts(
        Reason.PROTOCOL_ERROR,
        "400",
        _("Protocol error"),
        _("The device sent bytes that are not MQTT."),
    ),
    ReasonFacts(
        Reason.SESSION_ENDED,
        "400",
        _("Session no longer valid"),
        _("A regular check found that this session is no longer allowed."),
    ),
    ReasonFacts(Reason.SERVER_STOPPED, "200", _("Server stopped"), _("The listener was stopped.")),
    ReasonFacts(
        Reason.SERVER_LOST,
        "500",
        _("Listener ended unexpectedly"),
        _("The listener did not shut down properly."),
    ),
    ReasonFacts(
        Reason.TOPIC_DENIED,
        "9236",
        _("Topic permission denied"),
        _("A device may publish and subscribe only under its own ProductKey and DeviceName."),
        _("Correct the topic in the firmware."),
    ),
)
