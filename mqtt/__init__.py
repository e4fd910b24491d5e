"""The MQTT server for devices, and a simulated device that connects to it.

`mqtt_listener` serves; nothing but `iotconsole` may import from here.
"""
