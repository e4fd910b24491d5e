"""An HTTP/1.1 server for a WSGI application, on asyncio: h11 parses, `common.net` carries.

A thread runs the application only once the whole request is there, and is free again when the
answer has been made, however slowly the client sends or reads. Nothing here knows the application.
"""
