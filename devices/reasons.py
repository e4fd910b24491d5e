"""Why a device was accepted or refused: the log's key, the platform's code, words, and what to do.

Codes are the platform's (console_api.md 2.2, protocol.md 3.1) where it has one, else our own
short word, so that nobody mistakes our decision for a documented code.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """`code` is what the log and the API show; `next_step` tells the operator what to do."""

    key: str
    code: str
    title: str
    explanation: str
    next_step: str = ""


_ALL = (
    Reason("ok", "200", "Success", "Done as asked."),
    # --- dynamic registration -------------------------------------------------------------
    Reason(
        "bad_parameters",
        "460",
        "Request parameter error",
        "A parameter the device must send is missing or malformed.",
        "Compare the clientId, username and parameters under Details with what the SDK documents.",
    ),
    Reason(
        "no_tls",
        "460",
        "Registration without TLS",
        "The answer carries a secret, so dynamic registration is answered over TLS only.",
        "Point the device at the TLS port and give it this server's CA certificate.",
    ),
    Reason(
        "unsupported_sign_method",
        "6292",
        "Unsupported signmethod",
        "The device signed with a method other than hmacmd5, hmacsha1 or hmacsha256.",
        "Set one of the three methods in the firmware.",
    ),
    Reason(
        "product_not_found",
        "6250",
        "Product not found",
        "No product has this ProductKey.",
        "Check the ProductKey in the firmware, or create the product here with that key.",
    ),
    Reason(
        "bad_signature",
        "6600",
        "Signature check failed",
        "The signature was not made with this product's ProductSecret over the parameters sent.",
        "Check the ProductSecret in the firmware, and that deviceName, productKey and random are "
        "signed in that order.",
    ),
    Reason(
        "dynamic_registration_off",
        "6288",
        "Dynamic Registration is off",
        "The product does not take new devices at the moment.",
        "Turn on Dynamic Registration on Product Details if this device should be let in.",
    ),
    Reason(
        "registration_refused",
        "6288",
        "Registration under this DeviceName is refused",
        "After Switch (or Clear) an operator closed this DeviceName to new registrations, so that "
        "clones cannot simply register again.",
        "Allow registration again on Device Details if this device is genuine.",
    ),
    Reason(
        "device_not_found",
        "6100",
        "Device not found",
        "Pre-registration needs the DeviceName to exist before the device asks.",
        "Add the device with exactly this DeviceName, then let it try again.",
    ),
    Reason(
        "device_disabled",
        "6204",
        "Device is disabled",
        "An operator disabled this device.",
        "Enable it on Device Details.",
    ),
    Reason(
        "already_activated",
        "6289",
        "Device already activated",
        "One device certificate activates one physical device, and this one has been used.",
        "If the device lost its secret, Reset it. If the hardware was replaced, delete the device "
        "and add the DeviceName again. If neither, somebody holds the product certificate.",
    ),
    Reason(
        "client_id_limit",
        "Limit",
        "Five ClientIDs are in use",
        "A DeviceName has room for five physical devices, and all five ClientIDs are taken.",
        "Open Device Details: keep one with Switch, or void all with Clear.",
    ),
    Reason(
        "slot_reclaimed",
        "200",
        "Success, an unclaimed ClientID was voided",
        "All five ClientIDs were taken; the oldest had been issued a while ago and never "
        "connected, so it was voided and its slot went to this device.",
    ),
    # --- connections ----------------------------------------------------------------------
    Reason(
        "unknown_device",
        "6100",
        "Device not found",
        "No device of this product has this DeviceName.",
        "Check ProductKey and DeviceName; the device may have been deleted.",
    ),
    Reason(
        "bad_credential",
        "6600",
        "Credential check failed",
        "The signature was not made with this device's DeviceSecret, or the DeviceToken is wrong.",
        "Let the device register again, or burn in the credential shown on Device Details.",
    ),
    Reason(
        "client_id_void",
        "403",
        "ClientID is forbidden",
        "This ClientID was voided by Switch or Clear, or its slot was given away unclaimed.",
        "If the device is genuine, allow registration and let it register for a new ClientID.",
    ),
    Reason(
        "secret_blocked",
        "403",
        "DeviceSecret is forbidden",
        "Switch or Clear cut off every device but the one kept; this one connects with the "
        "DeviceSecret.",
        "Reset the device to let it use its DeviceSecret again.",
    ),
    Reason(
        "keepalive_out_of_range",
        "460",
        "Keepalive out of range",
        "A connection needs a keepalive of 30 to 1200 seconds.",
        "Set the keepalive in the firmware.",
    ),
    Reason(
        "too_many_failures",
        "429",
        "Too many refused attempts",
        "So many attempts from this address, for this product or device were refused in the last "
        "minute that for a while what failed before is turned away unread, and other refusals are "
        "not logged one by one. Good credentials are still accepted.",
        "Find out what keeps failing first; the limits are settings (FAILURES_PER_…).",
    ),
    Reason(
        "server_error",
        "500",
        "Server error",
        "The server could not answer. The device was told to try again later.",
        "See the server's own log at this time.",
    ),
    Reason("online", "200", "Online", "The device connected."),
    Reason("activated", "200", "Online, activated", "The device connected for the first time."),
    Reason("device_disconnect", "200", "Device disconnect", "The device said goodbye."),
    Reason("connection_lost", "400", "Connection lost", "The connection broke off."),
    Reason(
        "keepalive_timeout",
        "400",
        "Keepalive timeout",
        "Nothing came for one and a half keepalives.",
    ),
    Reason(
        "takeover",
        "400",
        "Kicked by the same device",
        "Another connection was made with the same identity.",
        "If this repeats, two physical devices share one credential.",
    ),
    Reason("switch", "400", "Cut off by Switch", "An operator kept another ClientID."),
    Reason("clear", "400", "Cut off by Clear", "An operator voided every ClientID."),
    Reason("disable", "400", "Cut off by Disable", "An operator disabled the device."),
    Reason("delete", "400", "Cut off by Delete", "An operator deleted the device."),
    Reason("protocol_error", "400", "Protocol error", "The device sent bytes that are not MQTT."),
    Reason(
        "session_ended",
        "400",
        "Session no longer valid",
        "A regular check found that the server no longer holds this session as permitted.",
    ),
    Reason("server_stopped", "200", "Server stopped", "The listener was stopped."),
    Reason("server_lost", "500", "Listener ended unexpectedly", "The listener did not shut down."),
    # --- messages -------------------------------------------------------------------------
    Reason(
        "topic_denied",
        "9236",
        "Topic permission denied",
        "A device may publish and subscribe only under its own ProductKey and DeviceName.",
        "Correct the topic in the firmware.",
    ),
)

REASONS: dict[str, Reason] = {reason.key: reason for reason in _ALL}
