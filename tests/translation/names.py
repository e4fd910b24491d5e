"""What is called the same in every language (docs/translating.md)."""

_NAMES = """
ProductKey ProductSecret DeviceName DeviceSecret DeviceToken ClientID ClientIDs IotId TraceId
MQTT TLS CA SDK UTC CSV XLSX GBK JSON NUL MAC IMEI SN QR IP API HTTP
Nickname ICA Topic Alink Link Python Wi-Fi
clientId username passwd mqttHostUrl port ca.pem authType register regnwl Ctrl
"""
NAMES = frozenset(_NAMES.split())
