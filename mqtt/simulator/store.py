"""Where a simulated device keeps its credential, as a real one keeps it in flash."""

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from mqtt.simulator.firmware import Credential, Firmware, SecretCredential, TokenCredential
from protocol.validators import RegistrationMode


class StoreError(Exception):
    """The directory or a file in it cannot be used; the text says which and why."""


@dataclass(frozen=True, slots=True)
class CredentialStore:
    """One file per device, readable by its owner alone, in a directory made when first needed."""

    directory: Path

    def path(self, firmware: Firmware) -> Path:
        # A DeviceName may hold @ and ":", which not every file system takes.
        name = quote(firmware.device_name, safe="")
        return self.directory / f"{firmware.product_key}.{name}.{firmware.mode.value}.json"

    def load(self, firmware: Firmware) -> Credential | None:
        """The credential saved for this device in this mode, or None."""
        path = self.path(firmware)
        try:
            return _decode(path.read_text(), firmware)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreError(
                f"{path} cannot be read ({type(error).__name__}). "
                "Delete it to let the device register anew."
            ) from error

    def save(self, firmware: Firmware, credential: Credential) -> None:
        """Atomic: a device that loses power has the old file or the new one."""
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(dir=self.directory)  # 0600
            with os.fdopen(descriptor, "w") as file:
                json.dump(_encode(firmware, credential), file)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self.path(firmware))
        except OSError as error:
            raise StoreError(f"{self.directory} cannot be written: {error.strerror}") from error

    def forget(self, firmware: Firmware) -> None:
        """Delete what is saved, if anything."""
        self.path(firmware).unlink(missing_ok=True)


def _encode(firmware: Firmware, credential: Credential) -> dict[str, str]:
    names = {"product_key": firmware.product_key, "device_name": firmware.device_name}
    if isinstance(credential, SecretCredential):
        return {**names, "device_secret": credential.device_secret}
    return {
        **names,
        "client_id": credential.client_id,
        "device_token": credential.device_token,
    }


def _decode(text: str, firmware: Firmware) -> Credential:
    saved: dict[str, str] = json.loads(text)
    if (saved["product_key"], saved["device_name"]) != (firmware.product_key, firmware.device_name):
        raise ValueError("saved for another device")
    if firmware.mode is RegistrationMode.REGISTER:
        return SecretCredential(saved["device_secret"])
    return TokenCredential(saved["client_id"], saved["device_token"])
