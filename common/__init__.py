"""Infrastructure that every app needs and that knows no app.

`sql/ web/ net/ crypto/ text/ ops/`; any of their modules may be imported by every room above.
"""
