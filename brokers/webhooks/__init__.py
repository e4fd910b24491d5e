"""Webhooks of brokers: may this device connect, publish, subscribe? (docs/brokers.md)

`endpoint` is the way in, `dialects` knows how each broker asks and wants to be answered, `acl`
decides what needs no database, `authenticator` lets devices in.
"""
