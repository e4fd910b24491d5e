"""Why a connection began, was refused, or ended; and what it was not allowed to do."""

from django.utils.translation import gettext_noop as _

from devices.reasons.reason import Reason

CONNECTING = (
    Reason(
        "unknown_device",
        "6100",
        _("Device not found"),
        _("No device of this product has this DeviceName."),
        _("Check ProductKey and DeviceName; the device may have been deleted."),
    ),
    Reason(
        "bad_credential",
        "6600",
        _("Credential check failed"),
        _(
            "The signature was not made with this device's DeviceSecret, or the DeviceToken is "
            "wrong."
        ),
        _("Let the device register again, or burn in the credential shown on Device Details."),
    ),
    Reason(
        "client_id_void",
        "403",
        _("ClientID is blocked"),
        _(
            "Switch or Clear blocked this ClientID, or it never connected and its slot went to "
            "another device."
        ),
        _("If the device is genuine, allow registration and let it register for a new ClientID."),
    ),
    Reason(
        "secret_blocked",
        "403",
        _("DeviceSecret is blocked"),
        _(
            "Switch or Clear blocked every device except the one kept; this one connects with "
            "the DeviceSecret."
        ),
        _("Reset the device to unblock its DeviceSecret."),
    ),
    Reason(
        "keepalive_out_of_range",
        "460",
        _("Keepalive out of range"),
        _("A connection needs a keepalive of 30 to 1200 seconds."),
        _("Set the keepalive in the firmware."),
    ),
    Reason(
        "registration_at_broker",
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
    Reason(
        "data_connections_elsewhere",
        "Broker",
        _("Data connections are elsewhere"),
        _("The broker that sent this request does not carry the data connections of this product."),
        _("Choose the broker under Data Connections when you edit the product."),
    ),
    Reason(
        "too_many_failures",
        "429",
        _("Too many refused attempts"),
        _(
            "Too many attempts from this address, or for this product or device, were refused in "
            "the last minute. For a while, what failed before is refused unread, and other "
            "refusals are not logged one by one. Valid credentials are still accepted."
        ),
        _("First find out what keeps failing. The limits are settings (FAILURES_PER_…)."),
    ),
    Reason(
        "server_error",
        "500",
        _("Server error"),
        _("The server could not answer and told the device to try again later."),
        _("See the server's own log at this time."),
    ),
    Reason("online", "200", _("Online"), _("The device connected.")),
    Reason(
        "activated", "200", _("Online, activated"), _("The device connected for the first time.")
    ),
    Reason(
        "device_disconnect", "200", _("Device disconnect"), _("The device closed the connection.")
    ),
    Reason("connection_lost", "400", _("Connection lost"), _("The connection ended unexpectedly.")),
    Reason(
        "keepalive_timeout",
        "400",
        _("Keepalive timeout"),
        _("Nothing arrived for one and a half times the keepalive."),
    ),
    Reason(
        "takeover",
        "400",
        _("Kicked by the same device"),
        _("Another connection was made with the same identity."),
        _("If this repeats, two physical devices share one credential."),
    ),
    Reason("switch", "400", _("Disconnected by Switch"), _("An operator kept another ClientID.")),
    Reason("clear", "400", _("Disconnected by Clear"), _("An operator blocked every ClientID.")),
    Reason("disable", "400", _("Disconnected by Disable"), _("An operator disabled the device.")),
    Reason("delete", "400", _("Disconnected by Delete"), _("An operator deleted the device.")),
    Reason(
        "protocol_error", "400", _("Protocol error"), _("The device sent bytes that are not MQTT.")
    ),
    Reason(
        "session_ended",
        "400",
        _("Session no longer valid"),
        _("A regular check found that this session is no longer allowed."),
    ),
    Reason("server_stopped", "200", _("Server stopped"), _("The listener was stopped.")),
    Reason(
        "server_lost",
        "500",
        _("Listener ended unexpectedly"),
        _("The listener did not shut down properly."),
    ),
    Reason(
        "topic_denied",
        "9236",
        _("Topic permission denied"),
        _("A device may publish and subscribe only under its own ProductKey and DeviceName."),
        _("Correct the topic in the firmware."),
    ),
)
