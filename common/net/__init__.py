"""TCP and TLS on the event loop: transports, acceptors, limits for slow and hostile peers.

Everything that listens uses it: MQTT, HTTPS, the console. It knows no protocol and no app.
"""
