"""Queries and writes that the ORM alone does not make fast, and rules of the tables."""
