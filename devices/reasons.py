"""Why a device was accepted or refused: the log's key, the platform's code, words, and what to do.

Codes are the platform's (console_api.md 2.2, protocol.md 3.1) where it has one, else our own
short word, so that nobody mistakes our decision for a documented code.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

from iotconsole.kit.words import translated


@dataclass(frozen=True, slots=True)
class Reason:
    """`code` is what the log and the API show; `next_step` tells the operator what to do.

    The words are kept in English and read in the language of whoever asks.
    """

    key: str
    code: str
    title_id: str
    explanation_id: str
    next_step_id: str = ""

    @property
    def title(self) -> str:
        return translated(self.title_id)

    @property
    def explanation(self) -> str:
        return translated(self.explanation_id)

    @property
    def next_step(self) -> str:
        return translated(self.next_step_id)


_ALL = (
    Reason("ok", "200", _("Success"), _("Done as asked.")),
    # --- dynamic registration -------------------------------------------------------------
    Reason(
        "bad_parameters",
        "460",
        _("Request parameter error"),
        _("A parameter the device must send is missing or malformed."),
        _(
            "Compare the clientId, username and parameters under Details with what the SDK "
            "documents."
        ),
    ),
    Reason(
        "no_tls",
        "460",
        _("Registration without TLS"),
        _("The answer carries a secret, so dynamic registration is answered over TLS only."),
        _("Point the device at the TLS port and give it this server's CA certificate."),
    ),
    Reason(
        "unsupported_sign_method",
        "6292",
        _("Unsupported signmethod"),
        _("The device signed with a method other than hmacmd5, hmacsha1 or hmacsha256."),
        _("Set one of the three methods in the firmware."),
    ),
    Reason(
        "product_not_found",
        "6250",
        _("Product not found"),
        _("No product has this ProductKey."),
        _("Check the ProductKey in the firmware, or create the product here with that key."),
    ),
    Reason(
        "bad_signature",
        "6600",
        _("Signature check failed"),
        _("The signature was not made with this product's ProductSecret over the parameters sent."),
        _(
            "Check the ProductSecret in the firmware, and that deviceName, productKey and random "
            "are signed in that order."
        ),
    ),
    Reason(
        "dynamic_registration_off",
        "6288",
        _("Dynamic Registration is off"),
        _("The product does not take new devices at the moment."),
        _("Turn on Dynamic Registration on Product Details if this device should be let in."),
    ),
    Reason(
        "window_closed",
        "6288",
        _("Registration window has closed"),
        _(
            "Dynamic Registration was opened until a moment that has passed, so it closed by "
            "itself."
        ),
        _("Open it again on Product Details if this device should be let in."),
    ),
    Reason(
        "budget_used_up",
        "6288",
        _("Registration budget is used up"),
        _(
            "As many have registered as this registration window was opened for, so it closed by "
            "itself."
        ),
        _(
            "If more were expected, open it again on Product Details. If not, somebody else has "
            "the product certificate: follow “Secret leaked?” there."
        ),
    ),
    Reason(
        "name_not_allowed",
        "Window",
        _("DeviceName is not allowed"),
        _(
            "The registration window is open only to DeviceNames of a pattern that this one does "
            "not fit."
        ),
        _("If the device is genuine, change the pattern on Product Details."),
    ),
    Reason(
        "network_not_allowed",
        "Window",
        _("Source network is not allowed"),
        _(
            "The registration window is open only to certain networks, and this address is in "
            "none of them."
        ),
        _(
            "If the device is genuine, add its network on Product Details. If not, somebody "
            "elsewhere has the product certificate."
        ),
    ),
    Reason(
        "mode_not_allowed",
        "Window",
        _("This way of registering is not allowed"),
        _("The registration window is open only to the other authType: register or regnwl."),
        _("If the firmware is right, allow its authType on Product Details."),
    ),
    Reason(
        "registration_refused",
        "6288",
        _("Registration under this DeviceName is refused"),
        _(
            "After Switch (or Clear) an operator closed this DeviceName to new registrations, so "
            "that clones cannot simply register again."
        ),
        _("Allow registration again on Device Details if this device is genuine."),
    ),
    Reason(
        "device_not_found",
        "6100",
        _("Device not found"),
        _("Pre-registration needs the DeviceName to exist before the device asks."),
        _("Add the device with exactly this DeviceName, then let it try again."),
    ),
    Reason(
        "device_disabled",
        "6204",
        _("Device is disabled"),
        _("An operator disabled this device."),
        _("Enable it on Device Details."),
    ),
    Reason(
        "already_activated",
        "6289",
        _("Device already activated"),
        _("One device certificate activates one physical device, and this one has been used."),
        _(
            "If the device lost its secret, Reset it. If the hardware was replaced, delete the "
            "device and add the DeviceName again. If neither, somebody holds the product "
            "certificate."
        ),
    ),
    Reason(
        "client_id_limit",
        "Limit",
        _("Five ClientIDs are in use"),
        _("A DeviceName has room for five physical devices, and all five ClientIDs are taken."),
        _("Open Device Details: keep one with Switch, or void all with Clear."),
    ),
    Reason(
        "slot_reclaimed",
        "200",
        _("Success, an unclaimed ClientID was voided"),
        _(
            "All five ClientIDs were taken; the oldest had been issued a while ago and never "
            "connected, so it was voided and its slot went to this device."
        ),
    ),
    # --- connections ----------------------------------------------------------------------
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
        _("ClientID is forbidden"),
        _("This ClientID was voided by Switch or Clear, or its slot was given away unclaimed."),
        _("If the device is genuine, allow registration and let it register for a new ClientID."),
    ),
    Reason(
        "secret_blocked",
        "403",
        _("DeviceSecret is forbidden"),
        _(
            "Switch or Clear cut off every device but the one kept; this one connects with the "
            "DeviceSecret."
        ),
        _("Reset the device to let it use its DeviceSecret again."),
    ),
    Reason(
        "keepalive_out_of_range",
        "460",
        _("Keepalive out of range"),
        _("A connection needs a keepalive of 30 to 1200 seconds."),
        _("Set the keepalive in the firmware."),
    ),
    Reason(
        "too_many_failures",
        "429",
        _("Too many refused attempts"),
        _(
            "So many attempts from this address, for this product or device were refused in the "
            "last minute that for a while what failed before is turned away unread, and other "
            "refusals are not logged one by one. Good credentials are still accepted."
        ),
        _("Find out what keeps failing first; the limits are settings (FAILURES_PER_…)."),
    ),
    Reason(
        "server_error",
        "500",
        _("Server error"),
        _("The server could not answer. The device was told to try again later."),
        _("See the server's own log at this time."),
    ),
    Reason("online", "200", _("Online"), _("The device connected.")),
    Reason(
        "activated", "200", _("Online, activated"), _("The device connected for the first time.")
    ),
    Reason("device_disconnect", "200", _("Device disconnect"), _("The device said goodbye.")),
    Reason("connection_lost", "400", _("Connection lost"), _("The connection broke off.")),
    Reason(
        "keepalive_timeout",
        "400",
        _("Keepalive timeout"),
        _("Nothing came for one and a half keepalives."),
    ),
    Reason(
        "takeover",
        "400",
        _("Kicked by the same device"),
        _("Another connection was made with the same identity."),
        _("If this repeats, two physical devices share one credential."),
    ),
    Reason("switch", "400", _("Cut off by Switch"), _("An operator kept another ClientID.")),
    Reason("clear", "400", _("Cut off by Clear"), _("An operator voided every ClientID.")),
    Reason("disable", "400", _("Cut off by Disable"), _("An operator disabled the device.")),
    Reason("delete", "400", _("Cut off by Delete"), _("An operator deleted the device.")),
    Reason(
        "protocol_error", "400", _("Protocol error"), _("The device sent bytes that are not MQTT.")
    ),
    Reason(
        "session_ended",
        "400",
        _("Session no longer valid"),
        _("A regular check found that the server no longer holds this session as permitted."),
    ),
    Reason("server_stopped", "200", _("Server stopped"), _("The listener was stopped.")),
    Reason(
        "server_lost", "500", _("Listener ended unexpectedly"), _("The listener did not shut down.")
    ),
    # --- messages -------------------------------------------------------------------------
    Reason(
        "topic_denied",
        "9236",
        _("Topic permission denied"),
        _("A device may publish and subscribe only under its own ProductKey and DeviceName."),
        _("Correct the topic in the firmware."),
    ),
)

REASONS: dict[str, Reason] = {reason.key: reason for reason in _ALL}
