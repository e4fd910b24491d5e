from tests.rpc_fixtures import granted_key, no_crowd, product, reading

__all__ = ["granted_key", "no_crowd", "product", "reading"]
