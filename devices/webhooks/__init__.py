"""What brokers ask over HTTP: may this device connect, publish, subscribe? (docs/brokers.md)

`endpoint` is the way in, `dialects` knows how each broker asks and wants to be answered, `rules`
decides what needs no database, `desk` lets devices in.
"""
