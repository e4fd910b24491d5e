"""Terms that are the same in every language (docs/translating.md).

The platform's names; fields, operations and codes of the log; input for a shell.
"""

_NAMES = """
ProductKey ProductSecret DeviceName DeviceSecret DeviceToken ClientID ClientIDs IotId TraceId
AccessKey AccessKeyId AccessKeySecret Endpoint
MQTT TLS CA SDK UTC CSV XLSX GBK JSON NUL ASCII POST MAC IMEI SN QR IP API HTTP
Nickname ICA Topic Alink Link Python Wi-Fi
ID MB csv xlsx
clientId username passwd mqttHostUrl port ca.pem authType register regnwl Ctrl
random signmethod mode sdk online add by operator Limit Window Broker
RabbitMQ EMQX NanoMQ Mosquitto
QueryProduct QueryDevice QueryDeviceDetail QueryPageByApplyId QueryClientIds
manage.py worker pip install make gcc Werror Makefile aliyun-iot-linkkit paho-mqtt
"""
NAMES = frozenset(_NAMES.split())
